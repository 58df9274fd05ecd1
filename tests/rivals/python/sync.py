"""The sync as a competent user of Python would write it: httpx for VAKA, aioboto3 for DynamoDB.

`one` writes each user's customer and link in a transaction of their own and waits for it; `batch`
gathers a page's writes into batches of 25 and has several pages under way.

It is told by its environment where everything is, says `ready`, and makes one sync for each line that
it is sent, which it answers with its counters in JSON.
"""

import asyncio
import hashlib
import json
import os
import sys
import time
import uuid

import aioboto3
import httpx
from boto3.dynamodb.conditions import Key

COMPANY = uuid.UUID(os.environ["COMPANY"])
DEVICE = uuid.UUID(os.environ["DEVICE"])
VAKA = os.environ["VAKA_BASE_URL"]
PAGES_UNDER_WAY = 8
FROM_GROUP = {"group_name": "name", "apartment_id": "apartmentId", "reference_id": "referenceId"}


def tidy(text):
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def person_of(user, group):
    """What VAKA says of a user, as a customer has it; nothing when there is no name."""
    name = tidy(user["name"] or "")
    if "," in name:
        last, first = (part.strip() for part in name.split(",", 1))
    else:
        last, _, first = name.rpartition(" ")
        if not last:
            last, first = first, ""
    if not (first or last):
        return None
    if not last:
        last, first = first, ""
    email = (user["email"] or "").strip()
    local, at, domain = email.rpartition("@")
    person = {"firstname": first, "lastname": last, "vaka_name": name}
    if at and local and domain and " " not in email:
        person["email"] = email
    for ours, theirs in FROM_GROUP.items():
        if group and group.get(theirs):
            person[ours] = tidy(group[theirs])
    return person


def fingerprint_of(user, group):
    parts = [user["name"], user["email"], *((group or {}).get(member) for member in FROM_GROUP.values())]
    return hashlib.sha256(json.dumps(parts).encode()).digest()[:8]


def customer_id_of(user_id):
    digest = hashlib.sha1(COMPANY.bytes + DEVICE.bytes + user_id.bytes).digest()
    return str(uuid.UUID(bytes=digest[:16], version=5))


def found_by(item):
    """The address and the words of the name, whatever their case and order."""
    if not item.get("email"):
        return None
    words = f"{item['firstname']} {item['lastname']}".casefold().replace(",", " ").split()
    return item["email"].casefold(), tuple(sorted(words))


class Source:
    def __init__(self, http):
        self.http = http
        self.headers = None

    async def sign_in(self):
        form = {
            "grant_type": "client_credentials",
            "client_id": os.environ["CLIENT_ID"],
            "client_secret": os.environ["CLIENT_SECRET"],
            "scope": os.environ["VAKA_SCOPE"],
        }
        answer = await self.http.post(os.environ["VAKA_TOKEN_URL"], data=form)
        token = answer.raise_for_status().json()["access_token"]
        self.headers = {"Authorization": f"Bearer {token}", "x-api-key": os.environ["API_KEY"]}

    async def pages(self, path, member):
        if self.headers is None:
            await self.sign_in()
        query = {"pageSize": 100}
        while True:
            answer = await self.http.get(f"{VAKA}{path}", params=query, headers=self.headers)
            page = answer.raise_for_status().json()
            yield page[member]
            if not page.get("continuationToken"):
                return
            query["continuationToken"] = page["continuationToken"]


async def query(table, **what):
    while True:
        page = await table.query(ConsistentRead=True, **what)
        for item in page["Items"]:
            yield item
        if "LastEvaluatedKey" not in page:
            return
        what["ExclusiveStartKey"] = page["LastEvaluatedKey"]


class Sync:
    def __init__(self, mode, source, state, customers):
        self.mode, self.source, self.state, self.customers = mode, source, state, customers

    async def run(self):
        counts = {"found": 0, "created": 0, "updated": 0, "unchanged": 0, "skipped": 0}
        links = {}
        of_company = Key("company").eq(str(COMPANY)) & Key("item").begins_with("LINK#")
        async for link in query(self.state, KeyConditionExpression=of_company):
            links[link["item"]] = (link["customer"], link["fingerprint"].value)
        known = {}
        async for customer in query(self.customers, KeyConditionExpression=Key("company").eq(str(COMPANY))):
            known[found_by(customer)] = customer["customer"]
        groups = {}
        async for page in self.source.pages(f"/v1/usergroups/{DEVICE}/all", "userGroups"):
            groups |= {group["id"]: group for group in page}

        slots, writes = asyncio.Semaphore(PAGES_UNDER_WAY), set()
        seen = set()
        async for page in self.source.pages(f"/v1/reservations/users/fetch/{DEVICE}", "userAccounts"):
            changes = []
            for user in page:
                if user["userId"] not in seen:
                    seen.add(user["userId"])
                    changes.extend(self.decide(user, groups.get(user["userGroupId"]), links, known, counts))
            if self.mode == "one":
                for change in changes:
                    await self.write_one(*change)
            elif changes:
                await slots.acquire()
                task = asyncio.create_task(self.write_page(changes))
                task.add_done_callback(lambda _: slots.release())
                writes.add(task)
        for task in writes:
            await task
        return counts

    def decide(self, user, group, links, known, counts):
        counts["found"] += 1
        user_id = uuid.UUID(user["userId"])
        item = f"LINK#{DEVICE}#{user_id}"
        fingerprint = fingerprint_of(user, group)
        customer_id, was = links.get(item, (None, None))
        if was == fingerprint:
            counts["unchanged"] += 1
            return
        person = person_of(user, group)
        if person is None:
            counts["skipped"] += 1
            return
        customer = None
        twin = None if customer_id else known.get(found_by(person)) if found_by(person) else None
        if twin:
            customer_id = twin
            counts["unchanged"] += 1
        else:
            counts["updated" if customer_id else "created"] += 1
            customer_id = customer_id or customer_id_of(user_id)
            now = int(time.time() * 1000)
            customer = {"company": str(COMPANY), "customer": customer_id, **person, "created_at": now, "updated_at": now}
            known[found_by(person)] = customer_id
        link = {"company": str(COMPANY), "item": item, "customer": customer_id, "fingerprint": fingerprint}
        yield customer, link

    async def write_one(self, customer, link):
        puts = [{"Put": {"TableName": self.state.name, "Item": link}}]
        if customer:
            puts.append({"Put": {"TableName": self.customers.name, "Item": customer}})
        await self.state.meta.client.transact_write_items(TransactItems=puts)

    async def write_page(self, changes):
        async with self.customers.batch_writer() as customers, self.state.batch_writer() as links:
            for customer, link in changes:
                if customer:
                    await customers.put_item(Item=customer)
                await links.put_item(Item=link)


async def main():
    loop = asyncio.get_running_loop()
    async with httpx.AsyncClient() as http, aioboto3.Session().resource("dynamodb") as dynamodb:
        state = await dynamodb.Table(os.environ["STATE_TABLE"])
        customers = await dynamodb.Table(os.environ["CUSTOMERS_TABLE"])
        sync = Sync(sys.argv[1], Source(http), state, customers)
        print("ready", flush=True)
        while await loop.run_in_executor(None, sys.stdin.readline):
            print(json.dumps(await sync.run()), flush=True)


asyncio.run(main())
