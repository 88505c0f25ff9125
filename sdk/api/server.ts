// The server itself: what runs, on what, with which configuration.

import { Type } from '../schema.ts'
import { Problem } from './problems.ts'
import { Anything, orNull, STRICT, Text, Time, type TypeOf } from './shape.ts'

export const SERVER_PROCESSES = [
  'runtime',
  'sandbox',
  'data',
  'files',
  'usb',
  'package',
  'compression',
  'source-map',
  'template',
] as const

const ServerProcess = Type.Object(
  {
    kind: Type.Enum([...SERVER_PROCESSES], { description: '"runtime" is the server itself' }),
    pid: Type.Integer(),
    plugins: Type.Array(Text, { description: 'Ids of the plugins whose code runs in it' }),
    memoryBytes: Type.Integer({ description: 'Resident; 0 where the system does not report it' }),
    cpuMs: orNull(
      Type.Integer({ description: 'CPU time since its start; null where the system does not report it' }),
    ),
  },
  STRICT,
)
export type ServerProcess = TypeOf<typeof ServerProcess>

export const CONFIG_SOURCES = ['default', 'file', 'variable', 'flag', 'application'] as const

const ServerSetting = Type.Object(
  {
    key: Type.String({ description: 'Such as "limits.memoryMb"' }),
    meaning: Text,
    value: Type.Optional(Anything),
    isSecret: Type.Boolean({ description: 'Its value is never told' }),
    source: Type.Enum([...CONFIG_SOURCES], {
      description:
        'What decides it; "application": it differs from the default, and the program that embeds the runtime set it',
    }),
    place: orNull(Type.String({ description: 'Path of the file, name of the variable, or the flag' })),
  },
  STRICT,
)
export type ServerSetting = TypeOf<typeof ServerSetting>

export const Server = Type.Object(
  {
    version: Type.String({ description: 'Of Plugbay' }),
    node: Text,
    system: Type.String({ description: 'Operating system and architecture: "linux x64"' }),
    time: Type.String({ format: 'date-time', description: 'When these figures were taken' }),
    startedAt: Time,
    isSafe: Type.Boolean({ description: 'Safe mode: no plugin was started' }),
    jail: Type.Object(
      {
        kind: Type.Enum(['bwrap', 'none']),
        hasFilter: Type.Boolean({ description: 'System calls are filtered' }),
        reason: orNull(Type.String({ description: 'Why there is none, in half a sentence' })),
      },
      { ...STRICT, description: 'Isolation of child processes by the operating system' },
    ),
    disk: Type.Object(
      {
        folder: Type.String({ description: 'The data folder' }),
        freeBytes: orNull(Type.Integer({ minimum: 0 })),
        totalBytes: orNull(Type.Integer({ minimum: 0 })),
        problem: orNull(Problem),
      },
      STRICT,
    ),
    processes: Type.Array(ServerProcess, { description: 'The server first, then its children' }),
    settings: Type.Array(ServerSetting, {
      description: 'The whole configuration, in the order of its documentation',
    }),
  },
  STRICT,
)
export type Server = TypeOf<typeof Server>
