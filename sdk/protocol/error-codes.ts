// The table of error codes: title, HTTP status, audience, and what to do next.
// Invariant: docs/errors.md lists exactly these rows (a test compares them).

import { DRIVE_ERRORS } from './drive-errors.ts'
import type { ErrorRow } from './error-row.ts'
import { IMAGE_ERRORS } from './image-errors.ts'
import { INSTALL_ERRORS } from './install-errors.ts'
import { PACKAGE_ERRORS } from './package-errors.ts'
import { STORAGE_ERRORS } from './storage-errors.ts'
import { TASK_ERRORS } from './task-errors.ts'
import { TEMPLATE_ERRORS } from './template-errors.ts'
import { VALUE_ERRORS } from './value-errors.ts'

export const ERROR_CODES = {
  ...PACKAGE_ERRORS,
  ...INSTALL_ERRORS,
  ...VALUE_ERRORS,
  ...STORAGE_ERRORS,
  ...TEMPLATE_ERRORS,
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
  FOREIGN_ORIGIN: {
    status: 403,
    title: 'Nothing is changed from this address',
    audience: 'operator',
    hint: 'Open the page at an address in "publicUrl" or "publicUrls", or add the one that visitors use; programs send a token',
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
    hint: 'Set "publicUrl" to the address that visitors use, or add it to "publicUrls"',
  },
  TOO_MANY_ATTEMPTS: {
    status: 429,
    title: 'Too many failed attempts',
    audience: 'operator',
    hint: 'Wait a minute and try again',
  },
  TOO_MANY_UPLOADS: {
    status: 429,
    title: 'Too many uploads are in progress',
    audience: 'operator',
    hint: 'Wait until one of them has ended, then try again',
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
  PAGE_NOT_ISOLATED: {
    status: 503,
    title: 'The page cannot be shown safely',
    audience: 'operator',
    hint: 'Let the content-security-policy of plugins pass every proxy unchanged; the log says where it is lost',
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
  RELEASE_REPLACED: {
    status: 409,
    title: 'Another release of the plugin serves now',
    audience: 'plugin',
    hint: 'Nothing was changed: make the request again. Set "drain" to "full" in manifest.json if a release must finish what it has begun',
  },
  HANDLE_CLOSED: {
    status: 409,
    title: 'The handle is closed',
    audience: 'plugin',
    hint: 'Open it again; the message says why it was closed',
  },
  ...DRIVE_ERRORS,
  DEVICE_BUSY: {
    status: 409,
    title: 'The device is in use',
    audience: 'plugin',
    hint: 'A device has one user at a time: wait until the other one closes it',
  },
  DEVICE_GONE: {
    status: 404,
    title: 'The device is not there any more',
    audience: 'plugin',
    hint: 'Plug it in again; the plugin gets another object for it',
  },
  DEVICE_UNRESPONSIVE: {
    status: 503,
    title: 'The device does not respond',
    audience: 'plugin',
    hint: 'Plug it out and in again: work on it was given up',
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
  ...TASK_ERRORS,
  ...IMAGE_ERRORS,
  // Extension points
  HOST_INVALID: {
    status: 500,
    title: 'The declaration of the host is not valid',
    audience: 'operator',
    hint: 'Correct what the problems name in the call of defineHost(); see docs/hosts.md',
  },
  POINT_UNKNOWN: {
    status: 422,
    title: 'The application has no such extension point',
    audience: 'author',
    hint: 'GET /api/v1/extension-points lists what it has; it may be older than the plugin expects',
  },
  POINT_MISMATCH: {
    status: 422,
    title: 'The extension point is of another kind',
    audience: 'author',
    hint: 'Contribute to it under the field of its own kind',
  },
  POINT_NAME_TAKEN: {
    status: 409,
    title: 'The application uses names that begin with the id of the plugin',
    audience: 'author',
    hint: 'Give the plugin another id',
  },
  POINT_CONFLICT: {
    status: 409,
    title: 'Two plugins contribute to an extension point that takes one',
    audience: 'operator',
    hint: 'Disable one of them, or change their order',
  },
  MENU_ITEM_UNKNOWN: {
    status: 404,
    title: 'The plugin has no such item in the menu',
    audience: 'operator',
    hint: 'GET /api/v1/menus/{menu}/items lists the items of plugins that serve',
  },
  VALUE_INVALID: {
    status: 500,
    title: 'A value does not match the schema of its extension point',
    audience: 'operator',
    hint: 'Compare it with the declaration of the host: GET /api/v1/extension-points has the schemas',
  },
  BUNDLE_FAILED: {
    status: 500,
    title: 'A frontend bundle failed on a page of the application',
    audience: 'author',
    hint: 'The rest of the page works without it; the log of the plugin has its last failures',
  },
  PAGE_FAILED: {
    status: 500,
    title: 'A page of the plugin failed',
    audience: 'author',
    hint: 'The console of the browser has the whole stack',
  },
  HOOK_FAILED: {
    status: 500,
    title: 'A plugin failed in a hook that the application depends on',
    audience: 'operator',
    hint: 'The log of the plugin has the error; disable the plugin to go on without it',
  },
  ACTION_UNKNOWN: {
    status: 404,
    title: 'There is no such action',
    audience: 'operator',
    hint: 'GET /api/v1/actions lists those that you may run on an object',
  },
  OBJECT_UNKNOWN: {
    status: 404,
    title: 'The application has no such object for actions',
    audience: 'operator',
    hint: 'Load the page again: the object may have been removed',
  },
  ACTION_NOT_READY: {
    status: 409,
    title: 'The action cannot be run now',
    audience: 'operator',
    hint: 'Do what the message asks for, such as a setting of the plugin',
  },
  ARGUMENTS_INVALID: {
    status: 422,
    title: 'The arguments of the action are not valid',
    audience: 'operator',
    hint: 'Correct the arguments that the problems name',
  },
  HOST_SETTING_REFUSED: {
    status: 422,
    title: 'The plugin would override a setting of the application',
    audience: 'author',
    hint: 'Change its default, or append to a list that allows it',
  },
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
