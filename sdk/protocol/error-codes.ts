// The table of error codes: title, HTTP status, audience, and what to do next.
// Invariant: docs/errors.md lists exactly these rows (a test compares them).

import type { ErrorRow } from './error-row.ts'
import { PACKAGE_ERRORS } from './package-errors.ts'

export const ERROR_CODES = {
  ...PACKAGE_ERRORS,
  // Installing
  VERSION_EXISTS: {
    status: 409,
    title: 'This version is already installed with other content',
    audience: 'author',
    hint: 'Give the new content a new version',
  },
  DOWNGRADE: {
    status: 409,
    title: 'A newer version is installed',
    audience: 'operator',
    hint: 'Use rollback, or upload with ?downgrade=true',
  },
  STATE_CONFLICT: {
    status: 409,
    title: 'The plugin is not in a state that allows this',
    audience: 'operator',
    hint: 'Check the state and the problem of the plugin first',
  },
  PLUGIN_UNKNOWN: {
    status: 404,
    title: 'There is no such plugin',
    audience: 'operator',
    hint: 'List the installed plugins with "plugbay list"',
  },
  SNAPSHOT_INVALID: {
    status: 422,
    title: 'The data snapshot cannot be used',
    audience: 'operator',
    hint: 'Use a snapshot made by "plugbay export"; nothing was changed',
  },
  GRANT_TOO_WIDE: {
    status: 422,
    title: 'A grant is wider than what the manifest asks for',
    audience: 'operator',
    hint: 'Grant what the plugin asks for, or less',
  },
  SETTINGS_INVALID: {
    status: 422,
    title: 'A setting is not valid',
    audience: 'operator',
    hint: 'Correct the values that the problems name',
  },
  STORE_LOCKED: {
    status: 503,
    title: 'Another Plugbay runtime uses this data folder',
    audience: 'operator',
    hint: 'Stop the other runtime, or start this one with another data folder',
  },
  STORE_FULL: {
    status: 507,
    title: 'The server has no space left',
    audience: 'operator',
    hint: 'Free disk space and try again; nothing was changed',
  },
  STORE_READ_ONLY: {
    status: 507,
    title: 'The data folder is not writable',
    audience: 'operator',
    hint: 'Give the user of the server write access and try again; nothing was changed',
  },
  // Requests to the runtime
  BAD_REQUEST: {
    status: 400,
    title: 'The request is not valid',
    audience: 'operator',
    hint: 'Compare it with /api/v1/openapi.json',
  },
  UNAUTHENTICATED: {
    status: 401,
    title: 'Sign in first',
    audience: 'operator',
    hint: 'Send "Authorization: Bearer <token>", or sign in on the admin page',
  },
  FORBIDDEN: {
    status: 403,
    title: 'You may not do this',
    audience: 'operator',
    hint: 'Ask an administrator for the permission',
  },
  NOT_FOUND: { status: 404, title: 'There is nothing here', audience: 'visitor', hint: 'Check the address' },
  METHOD_NOT_ALLOWED: {
    status: 405,
    title: 'This address does not accept that method',
    audience: 'operator',
    hint: 'Compare it with /api/v1/openapi.json',
  },
  BODY_TOO_LARGE: {
    status: 413,
    title: 'The request body is too large',
    audience: 'visitor',
    hint: 'Send less',
  },
  BODY_TOO_SLOW: {
    status: 408,
    title: 'The request did not arrive in time',
    audience: 'visitor',
    hint: 'Send the request again over a faster connection',
  },
  URL_TOO_LONG: {
    status: 414,
    title: 'The address is too long',
    audience: 'visitor',
    hint: 'Send long values in a body',
  },
  HEADERS_TOO_LARGE: {
    status: 431,
    title: 'The request headers are too many or too large',
    audience: 'visitor',
    hint: 'Send fewer headers, or clear the cookies of this site',
  },
  MEDIA_TYPE: {
    status: 415,
    title: 'The media type of the request body is not accepted here',
    audience: 'operator',
    hint: 'Send application/zip, or multipart/form-data with a field "package"',
  },
  MISDIRECTED: {
    status: 421,
    title: 'This server does not answer under that name',
    audience: 'operator',
    hint: 'Set "publicUrl" to the address that visitors use',
  },
  TOO_MANY_ATTEMPTS: {
    status: 429,
    title: 'Too many failed attempts',
    audience: 'operator',
    hint: 'Wait a minute and try again',
  },
  TOO_MANY_LISTENERS: {
    status: 503,
    title: 'Too many event streams are open',
    audience: 'operator',
    hint: 'Close other windows that follow logs or events, then try again',
  },
  INTERNAL: {
    status: 500,
    title: 'Something went wrong on the server',
    audience: 'operator',
    hint: 'The log of the server holds the cause',
  },
  // Requests to a plugin
  PLUGIN_UNAVAILABLE: {
    status: 503,
    title: 'The plugin cannot answer now',
    audience: 'visitor',
    hint: 'Try again later; the operator sees the reason on the admin page',
  },
  GUEST_ERROR: {
    status: 500,
    title: 'The plugin failed',
    audience: 'visitor',
    hint: 'The operator finds the error in the log of the plugin',
  },
  GUEST_DEADLINE: {
    status: 504,
    title: 'The plugin did not answer in time',
    audience: 'visitor',
    hint: 'Try again; the operator can raise "limits.deadlineMs"',
  },
  GUEST_CRASHED: {
    status: 502,
    title: 'The plugin crashed before it finished its response',
    audience: 'visitor',
    hint: 'Try again; the plugin restarts by itself',
  },
  GUEST_BUSY: {
    status: 503,
    title: 'The plugin has too many requests at once',
    audience: 'visitor',
    hint: 'Try again after the time in "Retry-After"; the operator can raise "limits.maxRequestsInFlight"',
  },
  GUEST_THROTTLED: {
    status: 503,
    title: 'The plugin has used more CPU time than it may',
    audience: 'visitor',
    hint: 'Try again after the time in "Retry-After"; the operator can raise "limits.cpuPercent"',
  },
  HANDLER_FAILED: {
    status: 422,
    title: 'A lifecycle handler of the plugin failed',
    audience: 'author',
    hint: 'The plugin log has the error with its stack; fix the cause, then enable the plugin again',
  },
  HANDLER_MISSING: {
    status: 404,
    title: 'The plugin has no handler for this',
    audience: 'author',
    hint: 'Export the handler from the backend; docs/guest-api.md lists all handlers',
  },
  // Host calls: what guest code sees
  PERMISSION_DENIED: {
    status: 403,
    title: 'The permission is not granted',
    audience: 'plugin',
    hint: 'Ask for it in "permissions" of the manifest, and have an administrator grant it',
  },
  HOST_CALL_UNKNOWN: {
    status: 400,
    title: 'There is no such host call',
    audience: 'plugin',
    hint: 'Use the API that env offers',
  },
  HOST_CALL_INVALID: {
    status: 400,
    title: 'An argument of the host call is not valid',
    audience: 'plugin',
    hint: 'Compare the call with docs/guest-api.md',
  },
  HOST_CALL_FAILED: {
    status: 500,
    title: 'The host could not carry out the call',
    audience: 'plugin',
    hint: 'Try again later',
  },
  HANDLE_CLOSED: {
    status: 409,
    title: 'The handle is closed',
    audience: 'plugin',
    hint: 'Open it again; the message says why it was closed',
  },
  DATABASE_ERROR: {
    status: 400,
    title: 'The database refused the statement',
    audience: 'plugin',
    hint: 'The message is from SQLite; docs/database.md lists what plugins may not do',
  },
  FETCH_REFUSED: {
    status: 403,
    title: 'The request goes to an address that plugins may not reach',
    audience: 'plugin',
    hint: 'Use a public address, or have an administrator grant the private address itself; see docs/network.md',
  },
  FETCH_FAILED: {
    status: 502,
    title: 'The request to another server failed',
    audience: 'plugin',
    hint: 'Check the address and the other server, and try again',
  },
  QUOTA_EXCEEDED: {
    status: 429,
    title: 'The plugin exceeded one of its limits',
    audience: 'plugin',
    hint: 'Do less at once, store less, or ask the operator for a higher limit',
  },
  DEADLINE: {
    status: 504,
    title: 'The operation did not finish in time',
    audience: 'operator',
    hint: 'Try again, or do less at once',
  },
  PROCESS_CRASHED: {
    status: 500,
    title: 'A worker process ended unexpectedly',
    audience: 'operator',
    hint: 'Try again; the log of the server holds the cause',
  },
  CANCELLED: { status: 499, title: 'The caller went away', audience: 'visitor', hint: 'Nothing to do' },
  // The command line and the configuration
  CONFIG_INVALID: {
    status: 500,
    title: 'The configuration is not valid',
    audience: 'operator',
    hint: 'Correct the file, variable or flag that the problem names; see docs/configuration.md',
  },
  USAGE: {
    status: 400,
    title: 'The command line is not valid',
    audience: 'operator',
    hint: 'Run the command with --help to see its arguments',
  },
  FILE_UNUSABLE: {
    status: 400,
    title: 'A file or folder cannot be used',
    audience: 'operator',
    hint: 'Check the path and its permissions',
  },
  JAIL_UNUSABLE: {
    status: 500,
    title: 'Child processes cannot be started inside bwrap',
    audience: 'operator',
    hint: 'Install bubblewrap and allow user namespaces, or set sandbox.jail to "auto"; "plugbay doctor" shows the cause',
  },
  PORT_UNUSABLE: {
    status: 500,
    title: 'The server cannot listen on that port',
    audience: 'operator',
    hint: 'Stop the program that uses it, or choose another one with --port',
  },
  SERVER_UNREACHABLE: {
    status: 503,
    title: 'No Plugbay server answers at that address',
    audience: 'operator',
    hint: 'Start one with "plugbay serve", or name another with --url',
  },
} as const satisfies Record<string, ErrorRow>

export type ErrorCode = keyof typeof ERROR_CODES

export function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === 'string' && Object.hasOwn(ERROR_CODES, value)
}
