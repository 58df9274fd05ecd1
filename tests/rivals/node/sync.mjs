// The sync as a competent user of Node.js would write it: undici for VAKA, the AWS SDK v3 for DynamoDB.
//
// `one` writes each user's customer and link in a transaction of their own and waits for it; `batch` gathers a page's
// writes into batches of 25 and has several of them under way.
//
// It is told by its environment where everything is, says `ready`, and makes one sync for each line that it is sent,
// which it answers with its counters in JSON.
import { createHash } from "node:crypto";
import { createInterface } from "node:readline";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { BatchWriteCommand, DynamoDBDocumentClient, paginateQuery, TransactWriteCommand } from "@aws-sdk/lib-dynamodb";
import { request } from "undici";

const { COMPANY, DEVICE, VAKA_BASE_URL, VAKA_TOKEN_URL, STATE_TABLE, CUSTOMERS_TABLE } = process.env;
const mode = process.argv[2];
const WRITES_A_BATCH = 25;
const BATCHES_UNDER_WAY = 16;
const FROM_GROUP = { group_name: "name", apartment_id: "apartmentId", reference_id: "referenceId" };

const dynamodb = DynamoDBDocumentClient.from(new DynamoDBClient(), { marshallOptions: { removeUndefinedValues: true } });

const tidy = (text) => text.replace(/\p{Cc}/gu, " ").split(/\s+/u).filter(Boolean).join(" ");
const bytes = (uuid) => Buffer.from(uuid.replaceAll("-", ""), "hex");

/** What VAKA says of a user, as a customer has it; nothing when there is no name. */
function personOf(user, group) {
  const name = tidy(user.name ?? "");
  const comma = name.indexOf(",");
  const space = name.lastIndexOf(" ");
  let [last, first] =
    comma >= 0
      ? [name.slice(0, comma).trim(), name.slice(comma + 1).trim()]
      : space >= 0
        ? [name.slice(0, space), name.slice(space + 1)]
        : [name, ""];
  if (!first && !last) return undefined;
  if (!last) [last, first] = [first, ""];
  const email = (user.email ?? "").trim();
  const person = { firstname: first, lastname: last, vaka_name: name };
  if (/^[^\s]+@[^\s@]+$/u.test(email)) person.email = email;
  for (const [ours, theirs] of Object.entries(FROM_GROUP)) {
    if (group?.[theirs]) person[ours] = tidy(group[theirs]);
  }
  return person;
}

function fingerprintOf(user, group) {
  const parts = [user.name, user.email, ...Object.values(FROM_GROUP).map((member) => group?.[member] ?? null)];
  return createHash("sha256").update(JSON.stringify(parts)).digest().subarray(0, 8);
}

function customerIdOf(userId) {
  const digest = createHash("sha1").update(Buffer.concat([COMPANY, DEVICE, userId].map(bytes))).digest().subarray(0, 16);
  digest[6] = (digest[6] & 0x0f) | 0x50;
  digest[8] = (digest[8] & 0x3f) | 0x80;
  return digest.toString("hex").replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/u, "$1-$2-$3-$4-$5");
}

/** The address and the words of the name, whatever their case and order. */
function foundBy({ email, firstname, lastname }) {
  if (!email) return undefined;
  const words = `${firstname} ${lastname}`.toLowerCase().split(/[\s,]+/u).filter(Boolean).sort();
  return `${email.toLowerCase()}\n${words.join(" ")}`;
}

let headers;
async function signIn() {
  const form = new URLSearchParams({
    grant_type: "client_credentials",
    client_id: process.env.CLIENT_ID,
    client_secret: process.env.CLIENT_SECRET,
    scope: process.env.VAKA_SCOPE,
  });
  const answer = await request(VAKA_TOKEN_URL, {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: form.toString(),
  });
  const { access_token: token } = await answer.body.json();
  headers = { authorization: `Bearer ${token}`, "x-api-key": process.env.API_KEY };
}

async function* pages(path, member) {
  if (!headers) await signIn();
  const query = { pageSize: 100 };
  for (;;) {
    const answer = await request(VAKA_BASE_URL + path, { headers, query });
    if (answer.statusCode !== 200) throw new Error(`VAKA answered ${answer.statusCode}`);
    const page = await answer.body.json();
    yield page[member];
    if (!page.continuationToken) return;
    query.continuationToken = page.continuationToken;
  }
}

async function* items(input) {
  for await (const page of paginateQuery({ client: dynamodb }, { ConsistentRead: true, ...input })) yield* page.Items;
}

async function sync() {
  const counts = { found: 0, created: 0, updated: 0, unchanged: 0, skipped: 0 };
  const links = new Map();
  const ofCompany = {
    TableName: STATE_TABLE,
    KeyConditionExpression: "company = :company AND begins_with(#item, :prefix)",
    ExpressionAttributeNames: { "#item": "item" },
    ExpressionAttributeValues: { ":company": COMPANY, ":prefix": "LINK#" },
  };
  for await (const link of items(ofCompany)) links.set(link.item, link);
  const known = new Map();
  const customers = {
    TableName: CUSTOMERS_TABLE,
    KeyConditionExpression: "company = :company",
    ExpressionAttributeValues: { ":company": COMPANY },
  };
  for await (const customer of items(customers)) known.set(foundBy(customer), customer.customer);
  const groups = new Map();
  for await (const page of pages(`/v1/usergroups/${DEVICE}/all`, "userGroups")) {
    for (const group of page) groups.set(group.id, group);
  }

  const underWay = new Set();
  const seen = new Set();
  for await (const page of pages(`/v1/reservations/users/fetch/${DEVICE}`, "userAccounts")) {
    const writes = [];
    for (const user of page) {
      if (seen.has(user.userId)) continue;
      seen.add(user.userId);
      const change = decide(user, groups.get(user.userGroupId), links, known, counts);
      if (change && mode === "one") await dynamodb.send(new TransactWriteCommand({ TransactItems: change.map(toPut) }));
      else if (change) writes.push(...change);
    }
    for (let at = 0; at < writes.length; at += WRITES_A_BATCH) {
      if (underWay.size >= BATCHES_UNDER_WAY) await Promise.race(underWay);
      const batch = writeBatch(writes.slice(at, at + WRITES_A_BATCH)).finally(() => underWay.delete(batch));
      underWay.add(batch);
    }
  }
  await Promise.all(underWay);
  return counts;
}

const toPut = ([TableName, Item]) => ({ Put: { TableName, Item } });

function decide(user, group, links, known, counts) {
  counts.found += 1;
  const item = `LINK#${DEVICE}#${user.userId}`;
  const fingerprint = fingerprintOf(user, group);
  const link = links.get(item);
  if (link && fingerprint.equals(link.fingerprint)) {
    counts.unchanged += 1;
    return undefined;
  }
  const person = personOf(user, group);
  if (!person) {
    counts.skipped += 1;
    return undefined;
  }
  const twin = link || !person.email ? undefined : known.get(foundBy(person));
  const customer = link?.customer ?? twin ?? customerIdOf(user.userId);
  const writes = [[STATE_TABLE, { company: COMPANY, item, customer, fingerprint }]];
  if (twin) {
    counts.unchanged += 1;
    return writes;
  }
  counts[link ? "updated" : "created"] += 1;
  const now = Date.now();
  writes.push([CUSTOMERS_TABLE, { company: COMPANY, customer, ...person, created_at: now, updated_at: now }]);
  if (person.email) known.set(foundBy(person), customer);
  return writes;
}

async function writeBatch(writes) {
  let left = {};
  for (const [table, Item] of writes) (left[table] ??= []).push({ PutRequest: { Item } });
  while (Object.keys(left).length > 0) {
    const { UnprocessedItems } = await dynamodb.send(new BatchWriteCommand({ RequestItems: left }));
    left = UnprocessedItems ?? {};
  }
}

console.log("ready");
for await (const _ of createInterface({ input: process.stdin })) console.log(JSON.stringify(await sync()));
