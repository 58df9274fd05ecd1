// A program with ServiceStack's client for TypeScript and the DTOs that the service hands out,
// which lie beside it when it is checked and run. It reads from standard input where the service
// is and who it may be, says `release` when the source of users may go on, and fails with what it
// did not expect.
import assert from "node:assert/strict";
import { createInterface } from "node:readline";
import { setTimeout } from "node:timers/promises";
import { type IReturn, JsonServiceClient, type ResponseStatus, toDate } from "@servicestack/client";
import {
  type AxemaUserSyncJobResponse,
  AxemaUserSyncOutcome,
  AxemaUserSyncStatus,
  CancelAxemaUserSync,
  CreateAxemaUserSync,
  GetAxemaUserSyncJob,
  QueryAxemaUserSyncJobs,
  type QueryAxemaUserSyncJobsResponse,
  QueryAxemaUserSyncUsers,
} from "./dtos.ts";

const SYNCS = "/codelock/axema/usersync";
const UNKNOWN = "0199d5c4-a1b2-7c3d-8e4f-5a6b7c8d9e0f";
const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const ENDS_WITHIN_MS = 60_000;

const said = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const { baseUrl, company, users, tokens } = JSON.parse((await said.next()).value ?? "");

function signedIn(token?: string, basePath = "api") {
  const client = new JsonServiceClient(baseUrl);
  client.basePath = basePath;
  if (token) client.bearerToken = token;
  return client;
}

// What the client makes of a refusal, with the answer's headers, which it leaves to a filter.
async function refused(client: JsonServiceClient, call: (client: JsonServiceClient) => Promise<unknown>) {
  let answer: Response | undefined;
  client.exceptionFilter = (response: Response) => (answer = response);
  const error = await call(client).then(
    (unexpected) => assert.fail(`was answered ${JSON.stringify(unexpected)}`),
    (error) => error,
  );
  const status: ResponseStatus | undefined = error.responseStatus;
  assert.ok(answer && status, `was no refusal: ${error}`);
  return { code: answer.status, headers: answer.headers, status };
}

function assertJob(job: AxemaUserSyncJobResponse, statusName: string) {
  assert.match(job.Id, GUID);
  assert.equal(job.CompanyId, company);
  assert.deepEqual([job.StatusName, job.Status], [statusName, Object.keys(AxemaUserSyncStatus).indexOf(statusName)]);
  const [created, updated] = [toDate(job.CreatedDate), toDate(job.UpdatedDate)];
  assert.ok(Math.abs(Date.now() - created.getTime()) < 600_000, `created at ${job.CreatedDate}`);
  assert.ok(updated >= created, `updated at ${job.UpdatedDate}`);
}

const writer = signedIn(tokens.writer);
const reader = signedIn(tokens.reader);
const older = signedIn(tokens.writer, "");

// Nothing has run.
assert.deepEqual(await reader.send(new QueryAxemaUserSyncJobs()), { Results: [] });

// Who is not known or may not.
for (const stranger of [signedIn(), signedIn("no.token.atall"), signedIn(undefined, "")]) {
  const { code, headers, status } = await refused(stranger, (it) => it.send(new QueryAxemaUserSyncJobs()));
  assert.deepEqual([code, status.errorCode, headers.get("www-authenticate")], [401, "Unauthorized", "Bearer"]);
  assert.equal(status.message, "You were unauthorized to call this service");
}
{
  const { code, status } = await refused(signedIn(tokens.reader), (it) => it.send(new CreateAxemaUserSync()));
  assert.deepEqual([code, status.errorCode], [403, "Forbidden"]);
  const api = await reader.api(new CreateAxemaUserSync());
  assert.deepEqual([api.failed, api.errorCode], [true, "Forbidden"]);
}

// A sync, called as new clients do; its source waits until it is released.
const started = await writer.send(new CreateAxemaUserSync());
assertJob(started, "Pending");
for (const name of ["UsersFound", "UsersCreated", "UsersUpdated", "ErrorMessage"]) {
  assert.equal(name in started, false, `${name} is there before anything was found`);
}
for (const again of [signedIn(tokens.writer), signedIn(tokens.writer, "")]) {
  for (const start of [
    (it: JsonServiceClient) => it.send(new CreateAxemaUserSync()),
    (it: JsonServiceClient) => it.sendOneWay(new CreateAxemaUserSync()),
    (it: JsonServiceClient) => it.postToUrl(SYNCS, new CreateAxemaUserSync()),
  ]) {
    const { code, headers, status } = await refused(again, start);
    assert.deepEqual([code, status.errorCode, status.meta?.jobId], [409, "Conflict", started.Id]);
    assert.ok(["Pending", "Processing"].includes(status.meta?.status ?? ""), status.meta?.status);
    assert.ok(headers.get("location")?.endsWith(`${SYNCS}/${started.Id}`), headers.get("location") ?? "no Location");
  }
}
{
  const { code, status } = await refused(signedIn(tokens.unconnected), (it) => it.send(new CreateAxemaUserSync()));
  assert.deepEqual([code, status.errorCode], [409, "AxemaNotConfigured"]);
}

// It is cancelled, which frees the company.
{
  const cancelled = await writer.send(new CancelAxemaUserSync({ Id: started.Id }));
  assertJob(cancelled, "Failed");
  assert.equal(cancelled.ErrorMessage, "Cancelled by an administrator");
  const { code, status } = await refused(signedIn(tokens.writer), (it) => it.delete(`${SYNCS}/${started.Id}`));
  assert.deepEqual([code, status.errorCode, status.meta?.status], [409, "Conflict", "Failed"]);
}
console.log("release");
assert.equal((await said.next()).value, "done");
process.stdin.destroy();

// Another, called as older clients do and by its URL; it ends.
const second = await older.send(new CreateAxemaUserSync());
assertJob(second, "Pending");
const request = new GetAxemaUserSyncJob({ Id: second.Id });
let job = second;
for (const began = Date.now(); job.Status < 2; await setTimeout(50)) {
  assert.ok(Date.now() - began < ENDS_WITHIN_MS, `still ${job.StatusName}`);
  job = await reader.send(request);
}
assertJob(job, "Completed");
assert.deepEqual([job.UsersFound, job.UsersCreated, job.UsersUpdated], [users, users, 0]);
for (const same of [
  await older.send(request),
  await older.post(request),
  await reader.get(request),
  await reader.get(`${SYNCS}/${second.Id}`),
  await reader.get(`${SYNCS}/${second.Id}`, { format: "json" }),
]) {
  assert.deepEqual(same, job);
}

// Both are listed, and found by the status' name.
const ids = (answer: QueryAxemaUserSyncJobsResponse) => answer.Results.map((listed) => listed.Id);
assert.deepEqual(ids(await reader.send(new QueryAxemaUserSyncJobs())), [second.Id, started.Id]);
const completed = new QueryAxemaUserSyncJobs({ Status: AxemaUserSyncStatus.Completed });
for (const answer of [
  await reader.send(completed),
  await older.post(completed),
  await reader.get(SYNCS, { Status: "Completed" }),
  await signedIn(tokens.superadmin).send(new QueryAxemaUserSyncJobs({ ...completed, CompanyId: company })),
]) {
  assert.deepEqual(answer, { Results: [job] });
}

// The report is read page by page.
const page = new QueryAxemaUserSyncUsers({ Id: second.Id, Outcome: AxemaUserSyncOutcome.Created, Skip: 1, Take: 2 });
const report = await reader.send(page);
assert.deepEqual([report.JobId, report.DryRun, report.Offset, report.Total], [second.Id, false, 1, users]);
assert.deepEqual(report.Results.map((row) => row.Outcome), [AxemaUserSyncOutcome.Created, AxemaUserSyncOutcome.Created]);
assert.deepEqual(await reader.get(`${SYNCS}/${second.Id}/users`, { outcome: "created", skip: 1, take: 2 }), report);

// What cannot be bound, found or called.
const unbound: [IReturn<unknown>, string][] = [
  [new GetAxemaUserSyncJob({ Id: "latest" }), "Id"],
  [new GetAxemaUserSyncJob(), "Id"],
  [new QueryAxemaUserSyncJobs({ Status: "Finished" as AxemaUserSyncStatus }), "Status"],
  [new CreateAxemaUserSync({ CompanyId: "ours" }), "CompanyId"],
];
for (const [request, field] of unbound) {
  const { code, status } = await refused(signedIn(tokens.writer), (it) => it.send(request));
  assert.deepEqual([code, status.errorCode, status.errors?.length], [400, "SerializationException", 1], field);
  const error = status.errors?.[0];
  assert.deepEqual([error?.fieldName, error?.errorCode], [field, "SerializationException"]);
  assert.ok(error?.message && status.message, field);
}
for (const missing of [
  (it: JsonServiceClient) => it.send(new GetAxemaUserSyncJob({ Id: UNKNOWN })),
  (it: JsonServiceClient) => it.get(`${SYNCS}/${UNKNOWN}`),
]) {
  const { code, status } = await refused(signedIn(tokens.reader), missing);
  assert.deepEqual([code, status.errorCode], [404, "NotFound"]);
}
for (const [call, allow] of [
  [(it: JsonServiceClient) => it.put(new CreateAxemaUserSync()), "POST, OPTIONS"],
  [(it: JsonServiceClient) => it.get(new CreateAxemaUserSync()), "POST, OPTIONS"],
  [(it: JsonServiceClient) => it.putToUrl(SYNCS, new CreateAxemaUserSync()), "GET, HEAD, POST, OPTIONS"],
] as const) {
  const { code, headers, status } = await refused(signedIn(tokens.writer), call);
  assert.deepEqual([code, status.errorCode, headers.get("allow")], [405, "MethodNotAllowed", allow]);
}
