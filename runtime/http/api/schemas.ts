// The shapes that the admin API takes and gives, once: they validate requests and they are the document.
// Invariant: an object that several answers share is one schema object here, so that the document can name it.

import { FORMS } from '../../../sdk/manifest/names.ts'
import { grantsSchema } from '../../../sdk/permissions/schema.ts'
import { PLUGIN_STATES } from '../../../sdk/protocol/plugin-state.ts'
import { type TSchema, Type } from '../../../sdk/schema.ts'
import { PERMISSION_STRING } from '../../permissions/permission-strings.ts'

const STRICT = { additionalProperties: false } as const

const Text = Type.String()
export const Time = Type.String({ format: 'date-time' })
export const Anything = Type.Unknown()

function orNull<T extends TSchema>(schema: T) {
  return Type.Union([schema, Type.Null()])
}

/** A list as every list of the API is. */
export function listOf<T extends TSchema>(item: T) {
  return Type.Object({ items: Type.Array(item), nextCursor: orNull(Type.String()) }, STRICT)
}

export const PAGE = {
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 50 })),
  cursor: Type.Optional(Type.String({ maxLength: 200, description: '"nextCursor" of the page before' })),
}

const PluginId = Type.String({ pattern: FORMS.id.pattern })
export const PluginParams = Type.Object({ id: PluginId }, STRICT)
export const RecordParams = Type.Object({ id: Type.String({ pattern: '^[A-Za-z0-9_-]{1,100}$' }) }, STRICT)

export const Name = Type.String({ minLength: 1, maxLength: 100, pattern: '^[^\\u0000-\\u001f\\u007f]+$' })
export const PermissionStrings = Type.Array(Type.String({ pattern: PERMISSION_STRING, maxLength: 100 }), {
  maxItems: 100,
})

/** What a manifest asks, and what is granted of it. */
export const Permissions = grantsSchema

export const Access = Type.Union([Type.Literal('public'), Type.Literal('user'), PermissionStrings], {
  description: 'Anyone, any signed-in user, or holders of every listed permission',
})

const Problem = Type.Object(
  {
    code: Text,
    message: Text,
    hint: Type.Optional(Text),
    file: Type.Optional(Text),
    pointer: Type.Optional(Text),
    line: Type.Optional(Type.Integer()),
    column: Type.Optional(Type.Integer()),
    frame: Type.Optional(Text),
  },
  STRICT,
)

const ProblemDocument = Type.Object(
  {
    type: Text,
    title: Text,
    status: Type.Integer(),
    detail: Text,
    code: Text,
    hint: Text,
    requestId: Type.Optional(Text),
    problems: Type.Optional(Type.Array(Problem)),
  },
  STRICT,
)

const Release = Type.Object(
  { version: Text, sha256: Text, installedAt: Time, active: Type.Boolean() },
  STRICT,
)

// Open: an embedding application or a later version may count more.
const Resources = Type.Object(
  {
    memoryMb: Type.Number({ description: 'Heap and buffers' }),
    peakMemoryMb: Type.Number({ description: 'The most that has been seen' }),
    externalMemoryMb: Type.Number({ description: 'Buffers outside the heap' }),
    cpuMs: Type.Number({ description: 'Processor time' }),
    cpuPercent: Type.Number({
      description: 'Average over the last 60 s that counts against "limits.cpuPercent"',
    }),
    requests: Type.Number(),
    requestsInFlight: Type.Number(),
    errors: Type.Number(),
    throttled: Type.Number({ description: 'Requests refused for "limits.cpuPercent"' }),
    restarts: Type.Number(),
    hostCalls: Type.Record(Type.String(), Type.Number(), { description: 'By name of the call' }),
    bytesIn: Type.Number({ description: 'Bodies of requests' }),
    bytesOut: Type.Number({ description: 'Bodies of answers' }),
    sockets: Type.Number({ description: 'Open WebSockets' }),
    storageBytes: Type.Number({ description: 'Key-value storage and database' }),
    logLines: Type.Number(),
    logLinesDropped: Type.Number({ description: 'Over "limits.logLinesPerSecond"' }),
  },
  { description: 'Since the server started, over all releases' },
)

const INSTALLATION = {
  id: PluginId,
  name: Text,
  description: orNull(Text),
  version: orNull(Text),
  sha256: orNull(Text),
  enabled: Type.Boolean(),
  state: Type.Enum([...PLUGIN_STATES]),
  problem: orNull(Problem),
  access: Access,
  permissions: Permissions,
  grants: Permissions,
  candidate: orNull(Type.Object({ version: Text, added: Permissions }, STRICT)),
  urls: Type.Object({ api: orNull(Text), page: orNull(Text) }, STRICT),
  releases: Type.Array(Release),
  resources: Resources,
}

export const Installation = Type.Object(INSTALLATION, STRICT)

export const UploadAnswer = Type.Object(
  {
    ...INSTALLATION,
    outcome: Type.Enum(['created', 'updated', 'unchanged']),
    warnings: Type.Array(Problem),
    notYetActive: Type.Array(Text, {
      description: 'Sections of the manifest that this version does not act on',
    }),
  },
  STRICT,
)

export const InspectAnswer = Type.Object(
  {
    ok: Type.Boolean(),
    manifest: Anything,
    problems: Type.Array(Problem),
    warnings: Type.Array(Problem),
    notYetActive: Type.Array(Text),
    sha256: orNull(Text),
    permissions: Type.Object({ asked: Permissions, added: Permissions, removed: Permissions }, STRICT),
  },
  STRICT,
)

const Setting = Type.Object(
  {
    value: Type.Optional(Anything),
    source: Type.Enum(['default', 'stored', 'environment']),
    schema: Anything,
  },
  STRICT,
)

export const Settings = Type.Record(Type.String(), Setting)

export const LogLevel = Type.Enum(['debug', 'info', 'warn', 'error'])

export const LogLine = Type.Object(
  {
    seq: Type.Integer(),
    time: Time,
    level: LogLevel,
    message: Text,
    requestId: Type.Optional(Text),
    stack: Type.Optional(Text),
  },
  STRICT,
)

export const Evidence = Type.Object(
  {
    time: Time,
    version: Text,
    failures: Type.Array(Type.Object({ time: Time, code: Text, message: Text }, STRICT), {
      description: 'Oldest first',
    }),
    stack: orNull(Type.String({ description: "Of the last error that had one, in the author's files" })),
    log: Type.Array(LogLine, { description: 'The last 100 lines, oldest first' }),
    resources: Resources,
  },
  STRICT,
)

export const Device = Type.Object(
  {
    key: Type.String({ description: 'Stays the same until the device is unplugged' }),
    vendorId: Type.Integer(),
    productId: Type.Integer(),
    deviceClass: Type.Integer(),
    interfaceClasses: Type.Array(Type.Integer()),
    manufacturerName: orNull(Text),
    productName: orNull(Text),
    serialNumber: orNull(Text),
  },
  STRICT,
)

export const AuditEntry = Type.Object(
  {
    seq: Type.Integer(),
    time: Time,
    actor: Text,
    action: Text,
    subject: Text,
    detail: Type.Record(Type.String(), Anything),
  },
  STRICT,
)

export const User = Type.Object(
  { id: Text, name: Text, permissions: Type.Array(Text), createdAt: Time },
  STRICT,
)

export const Token = Type.Object(
  {
    id: Text,
    name: Text,
    permissions: Type.Array(Text),
    userId: orNull(Text),
    createdAt: Time,
    expiresAt: orNull(Time),
    lastUsedAt: orNull(Time),
  },
  STRICT,
)

export const NewToken = Type.Object(
  { ...Token.properties, token: Type.String({ description: 'Shown this once' }) },
  STRICT,
)

export const Session = Type.Object({ name: Text, permissions: Type.Array(Text) }, STRICT)

export const DataImportAnswer = Type.Object(
  {
    plugin: Type.String({ description: 'The plugin that the snapshot was made of' }),
    version: orNull(Text),
    createdAt: Time,
    kvBytes: Type.Integer({ description: 'Keys, values and metadata, as the quota counts them' }),
    databaseBytes: Type.Integer({ description: 'The file of the SQL database' }),
    installation: Installation,
  },
  STRICT,
)

export const EventData = Type.Record(Type.String(), Anything)

/** The schemas that the document keeps under a name. */
export const NAMED_SCHEMAS = {
  Access,
  AuditEntry,
  DataImportAnswer,
  Device,
  Evidence,
  InspectAnswer,
  Installation,
  LogLine,
  NewToken,
  Permissions,
  Problem,
  ProblemDocument,
  Session,
  Setting,
  Token,
  UploadAnswer,
  User,
} as const satisfies Readonly<Record<string, TSchema>>
