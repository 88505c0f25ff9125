// Resource usage of a plugin.

import { Type } from '../schema.ts'
import type { TypeOf } from './shape.ts'

const TaskResources = Type.Object(
  {
    running: Type.Number({ description: 'Runs now' }),
    runs: Type.Number({ description: 'Begun' }),
    failures: Type.Number({ description: 'Runs that failed, also where another attempt follows' }),
    restarts: Type.Number(),
    memoryMb: Type.Number({ description: 'Heap and buffers' }),
    peakMemoryMb: Type.Number({ description: 'The most that has been seen' }),
    cpuMs: Type.Number({ description: 'CPU time' }),
    cpuPercent: Type.Number({
      description: 'Average over the last 60 s that counts against "tasks.cpuPercent"',
    }),
    hostCalls: Type.Record(Type.String(), Type.Number(), { description: 'By name of the call' }),
  },
  { description: 'Of background tasks, which have a process and limits of their own' },
)

// Open: an embedding application or a later version may count more.
export const Resources = Type.Object(
  {
    memoryMb: Type.Number({ description: 'Heap and buffers' }),
    peakMemoryMb: Type.Number({ description: 'The most that has been seen' }),
    externalMemoryMb: Type.Number({ description: 'Buffers outside the heap' }),
    cpuMs: Type.Number({ description: 'CPU time' }),
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
    // Absent in evidence that an older version has stored.
    filesBytes: Type.Optional(Type.Number({ description: 'Files, as "limits.filesBytes" counts them' })),
    logLines: Type.Number(),
    logLinesDropped: Type.Number({ description: 'Over "limits.logLinesPerSecond"' }),
    // Absent in evidence that an older version has stored.
    tasks: Type.Optional(TaskResources),
  },
  { description: 'Since the server started, over all releases' },
)
/** What a plugin uses now, and has used since the server started, over all releases. */
export type Resources = TypeOf<typeof Resources>
export type TaskResources = TypeOf<typeof TaskResources>
