"""A program with ServiceStack's client for Python and the DTOs that the service hands out as `dtos`.

It reads from standard input where the service is and who it may be, says `release` when the
source of users may go on, and fails with what it did not expect.
"""

import datetime
import json
import re
import sys
import time

from dtos import (
    AxemaUserSyncJobResponse,
    AxemaUserSyncOutcome,
    AxemaUserSyncStatus,
    CancelAxemaUserSync,
    CreateAxemaUserSync,
    GetAxemaUserSyncJob,
    QueryAxemaUserSyncJobs,
    QueryAxemaUserSyncJobsResponse,
    QueryAxemaUserSyncUsers,
)
from servicestack import JsonServiceClient, WebServiceException

SYNCS = "/codelock/axema/usersync"
UNKNOWN = "0199d5c4-a1b2-7c3d-8e4f-5a6b7c8d9e0f"
GUID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
NUMBERS = {"Pending": 0, "Processing": 1, "Completed": 2, "Failed": 3}
ENDS_WITHIN_S = 60

given = json.loads(sys.stdin.readline())
tokens = given["tokens"]


def in_camel_case(call):
    """The client looks for members in snake_case and camelCase; BokaMera has PascalCase."""
    call.url += ("&" if "?" in call.url else "?") + "jsconfig=eccn"


def signed_in(token=None, base_path="api"):
    client = JsonServiceClient(given["baseUrl"]).set_base_path(base_path)
    client.set_bearer_token(token)
    client.request_filter = in_camel_case
    return client


def refused(call, *arguments):
    """What the client makes of a refusal, with the answer's headers."""
    try:
        answer = call(*arguments)
    except WebServiceException as error:
        assert error.response_status is not None and error.response_status.message, vars(error)
        return error.status_code, error.response_status, error.inner_exception.response.headers
    raise AssertionError(f"was answered {answer}")


def same(found, expected):
    assert found == expected, f"{found!r} is not {expected!r}"


def assert_job(job, status_name):
    same(type(job), AxemaUserSyncJobResponse)
    assert GUID.fullmatch(job.id), job
    same(job.company_id, given["company"])
    same((job.status_name, job.status), (status_name, NUMBERS[status_name]))
    now = datetime.datetime.now(datetime.timezone.utc)
    assert abs(now - job.created_date) < datetime.timedelta(minutes=10), job
    assert job.updated_date >= job.created_date, job


writer, reader = signed_in(tokens["writer"]), signed_in(tokens["reader"])
older = signed_in(tokens["writer"], "")

# Nothing has run.
same(reader.send(QueryAxemaUserSyncJobs()).results, [])

# Who is not known or may not.
for stranger in [signed_in(), signed_in("no.token.atall"), signed_in(base_path="")]:
    code, status, headers = refused(stranger.send, QueryAxemaUserSyncJobs())
    same((code, status.error_code, headers["www-authenticate"]), (401, "Unauthorized", "Bearer"))
    same(status.message, "You were unauthorized to call this service")
code, status, _ = refused(reader.send, CreateAxemaUserSync())
same((code, status.error_code), (403, "Forbidden"))

# A sync, called as new clients do; its source waits until it is released.
started = writer.send(CreateAxemaUserSync())
assert_job(started, "Pending")
same((started.users_found, started.users_created, started.users_updated, started.error_message), (None,) * 4)
for call, *arguments in [
    (writer.send, CreateAxemaUserSync()),
    (older.send, CreateAxemaUserSync()),
    (writer.post_url, SYNCS, CreateAxemaUserSync()),
]:
    code, status, headers = refused(call, *arguments)
    same((code, status.error_code, status.meta["JobId"]), (409, "Conflict", started.id))
    assert status.meta["Status"] in ("Pending", "Processing"), status
    assert headers["location"].endswith(f"{SYNCS}/{started.id}"), headers
code, status, _ = refused(signed_in(tokens["unconnected"]).send, CreateAxemaUserSync())
same((code, status.error_code), (409, "AxemaNotConfigured"))

# It is cancelled, which frees the company.
cancelled = writer.send(CancelAxemaUserSync(id=started.id))
assert_job(cancelled, "Failed")
same(cancelled.error_message, "Cancelled by an administrator")
code, status, _ = refused(writer.delete_url, f"{SYNCS}/{started.id}", AxemaUserSyncJobResponse)
same((code, status.error_code, status.meta["Status"]), (409, "Conflict", "Failed"))
print("release", flush=True)
assert sys.stdin.readline() == "done\n"

# Another, called as older clients do and by its URL; it ends.
second = older.send(CreateAxemaUserSync())
assert_job(second, "Pending")
request = GetAxemaUserSyncJob(id=second.id)
job, began = second, time.monotonic()
while job.status < 2:
    assert time.monotonic() - began < ENDS_WITHIN_S, job
    time.sleep(0.05)
    job = reader.send(request)
assert_job(job, "Completed")
same((job.users_found, job.users_created, job.users_updated), (given["users"], given["users"], 0))
for again in [
    older.send(request),
    older.post(request),
    reader.get(request),
    reader.get_url(f"{SYNCS}/{second.id}", AxemaUserSyncJobResponse),
    reader.get_url(f"{SYNCS}/{second.id}", AxemaUserSyncJobResponse, {"format": "json"}),
]:
    same(again, job)

# Both are listed, and found by the status' name.
same([listed.id for listed in reader.send(QueryAxemaUserSyncJobs()).results], [second.id, started.id])
completed = QueryAxemaUserSyncJobs(status=AxemaUserSyncStatus.COMPLETED)
for answer in [
    reader.send(completed),
    older.post(completed),
    reader.get_url(SYNCS, QueryAxemaUserSyncJobsResponse, {"Status": "Completed"}),
    signed_in(tokens["superadmin"]).send(
        QueryAxemaUserSyncJobs(status=AxemaUserSyncStatus.COMPLETED, company_id=given["company"])
    ),
]:
    same((type(answer), answer.results), (QueryAxemaUserSyncJobsResponse, [job]))

# The report is read page by page.
page = QueryAxemaUserSyncUsers(id=second.id, outcome=AxemaUserSyncOutcome.CREATED, skip=1, take=2)
report = reader.send(page)
same((report.job_id, report.dry_run, report.offset, report.total), (second.id, False, 1, given["users"]))
same([row.outcome for row in report.results], [AxemaUserSyncOutcome.CREATED] * 2)

# What cannot be bound, found or called.
for unbound, field in [
    (GetAxemaUserSyncJob(id="latest"), "Id"),
    (GetAxemaUserSyncJob(), "Id"),
    (QueryAxemaUserSyncJobs(status="Finished"), "Status"),
    (CreateAxemaUserSync(company_id="ours"), "CompanyId"),
]:
    code, status, _ = refused(writer.send, unbound)
    same((code, status.error_code, len(status.errors)), (400, "SerializationException", 1))
    same((status.errors[0].field_name, status.errors[0].error_code), (field, "SerializationException"))
    assert status.errors[0].message, status
for call, *arguments in [
    (reader.send, GetAxemaUserSyncJob(id=UNKNOWN)),
    (reader.get_url, f"{SYNCS}/{UNKNOWN}", AxemaUserSyncJobResponse),
]:
    code, status, _ = refused(call, *arguments)
    same((code, status.error_code), (404, "NotFound"))
for call, argument, allow in [
    (writer.put, CreateAxemaUserSync(), "POST, OPTIONS"),
    (writer.get, CreateAxemaUserSync(), "POST, OPTIONS"),
    (writer.put_url, SYNCS, "GET, HEAD, POST, OPTIONS"),
]:
    code, status, headers = refused(call, argument)
    same((code, status.error_code, headers["allow"]), (405, "MethodNotAllowed", allow))
