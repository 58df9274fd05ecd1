"""The sync as a competent user of dlt would write it: its REST client, a transformer, a destination of its own.

dlt has no destination for DynamoDB, and its documentation says to write one by `@dlt.destination`; it
writes with boto3's batch writer.

It is told by its environment where everything is, says `ready`, and makes one sync for each line that
it is sent, which it answers with its counters in JSON.
"""

import hashlib
import json
import os
import sys
import time
import uuid

import boto3
import dlt
from boto3.dynamodb.conditions import Key
from dlt.sources.helpers.rest_client import RESTClient
from dlt.sources.helpers.rest_client.auth import OAuth2ClientCredentials
from dlt.sources.helpers.rest_client.paginators import JSONResponseCursorPaginator

COMPANY = uuid.UUID(os.environ["COMPANY"])
DEVICE = uuid.UUID(os.environ["DEVICE"])
FROM_GROUP = {"group_name": "name", "apartment_id": "apartmentId", "reference_id": "referenceId"}

dynamodb = boto3.resource("dynamodb")
state = dynamodb.Table(os.environ["STATE_TABLE"])
customers = dynamodb.Table(os.environ["CUSTOMERS_TABLE"])

vaka = RESTClient(
    base_url=os.environ["VAKA_BASE_URL"],
    headers={"x-api-key": os.environ["API_KEY"]},
    auth=OAuth2ClientCredentials(
        access_token_url=os.environ["VAKA_TOKEN_URL"],
        client_id=os.environ["CLIENT_ID"],
        client_secret=os.environ["CLIENT_SECRET"],
        access_token_request_data={"scope": os.environ["VAKA_SCOPE"]},
    ),
    paginator=JSONResponseCursorPaginator(cursor_path="continuationToken", cursor_param="continuationToken"),
)


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
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


def customer_id_of(user_id):
    digest = hashlib.sha1(COMPANY.bytes + DEVICE.bytes + user_id.bytes).digest()
    return str(uuid.UUID(bytes=digest[:16], version=5))


def found_by(item):
    """The address and the words of the name, whatever their case and order."""
    if not item.get("email"):
        return None
    words = f"{item['firstname']} {item['lastname']}".casefold().replace(",", " ").split()
    return item["email"].casefold(), tuple(sorted(words))


def query(table, **what):
    while True:
        page = table.query(ConsistentRead=True, **what)
        yield from page["Items"]
        if "LastEvaluatedKey" not in page:
            return
        what["ExclusiveStartKey"] = page["LastEvaluatedKey"]


@dlt.resource(name="users", max_table_nesting=0)
def users():
    yield from vaka.paginate(
        f"/v1/reservations/users/fetch/{DEVICE}", params={"pageSize": 100}, data_selector="userAccounts"
    )


@dlt.transformer(data_from=users, name="changes", max_table_nesting=0)
def changes(page, counts):
    """The links and customers that have to be written for a page of users."""
    links, known, groups = read_once()
    found = []
    for user in page:
        counts["found"] += 1
        group, user_id = groups.get(user["userGroupId"]), uuid.UUID(user["userId"])
        item, fingerprint = f"LINK#{DEVICE}#{user_id}", fingerprint_of(user, group)
        customer_id, was = links.get(item, (None, None))
        if was == fingerprint:
            counts["unchanged"] += 1
            continue
        person = person_of(user, group)
        if person is None:
            counts["skipped"] += 1
            continue
        twin = None if customer_id else known.get(found_by(person)) if found_by(person) else None
        change = {"item": item, "fingerprint": fingerprint, "is_twin": bool(twin)}
        if twin:
            counts["unchanged"] += 1
            change["customer"] = twin
        else:
            counts["updated" if customer_id else "created"] += 1
            change |= {**person, "customer": customer_id or customer_id_of(user_id)}
            known[found_by(person)] = change["customer"]
        found.append(change)
    yield found


@dlt.destination(name="dynamodb", batch_size=1000)
def to_dynamodb(items, table):
    now = int(time.time() * 1000)
    with customers.batch_writer() as customer_writer, state.batch_writer() as link_writer:
        for change in items:
            item, fingerprint, is_twin = (change.pop(name) for name in ("item", "fingerprint", "is_twin"))
            of_company = {"company": str(COMPANY), "customer": change["customer"]}
            link_writer.put_item(Item={**of_company, "item": item, "fingerprint": fingerprint})
            if not is_twin:
                person = {name: value for name, value in change.items() if value is not None}
                customer_writer.put_item(Item={**of_company, **person, "created_at": now, "updated_at": now})


once = []


def read_once():
    """What is known when a sync begins: links, customers by what they are found by, groups."""
    if not once:
        of_company = Key("company").eq(str(COMPANY)) & Key("item").begins_with("LINK#")
        links = {
            link["item"]: (link["customer"], link["fingerprint"])
            for link in query(state, KeyConditionExpression=of_company)
        }
        known = {
            found_by(customer): customer["customer"]
            for customer in query(customers, KeyConditionExpression=Key("company").eq(str(COMPANY)))
        }
        pages = vaka.paginate(f"/v1/usergroups/{DEVICE}/all", params={"pageSize": 100}, data_selector="userGroups")
        once.append((links, known, {group["id"]: group for page in pages for group in page}))
    return once[0]


def sync():
    once.clear()
    counts = {"found": 0, "created": 0, "updated": 0, "unchanged": 0, "skipped": 0}
    pipeline = dlt.pipeline("rival", destination=to_dynamodb, pipelines_dir=os.environ["TMPDIR"])
    pipeline.run(changes(counts), write_disposition="append").raise_on_failed_jobs()
    return counts


print("ready", flush=True)
while sys.stdin.readline():
    print(json.dumps(sync()), flush=True)
