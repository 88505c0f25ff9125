// The source-map process, as the runtime sees it: finds positions of linked backends in their authors' files.
// Invariant: the runtime parses no source map; one lookup at a time, each with a deadline; without errors of plugins there is
// no process.

import { childEntry } from '../bundles/children.ts'
import { PlugbayError } from '../errors.ts'
import type { Log } from '../log.ts'
import type { Jail } from '../processes/jail/jail.ts'
import { WorkerClient } from '../processes/worker-client.ts'
import { SerialQueue } from '../serial-queue.ts'
import {
  type AuthorPosition,
  type LookupJob,
  type LookupResult,
  MAX_FILE_NAME,
} from './format/source-maps.ts'
import { LinkedStackMapper, type StackMapper } from './stack-mapper.ts'

export interface SourceMapProcess {
  /** @param path the source map of the plugin's linked backend */
  mapper(pluginId: string, path: string): StackMapper
  /** Process id; undefined between lookups that are far apart. */
  readonly pid: number | undefined
  close(): Promise<void>
}

export interface SourceMapProcessOptions {
  /** The folder of all artifacts. */
  readonly artifacts: string
  readonly log: Log
  /** None by default. */
  readonly jail?: Jail
  /** How long the process and its maps are kept after a lookup, in milliseconds; default 30,000. */
  readonly idleMs?: number
}

/** With the start of the process. A map at all limits takes about a second. */
const DEADLINE_MS = 10_000
const MAX_FRAME = 10_000

export function openSourceMapProcess(options: SourceMapProcessOptions): SourceMapProcess {
  const { artifacts, log, idleMs = 30_000 } = options
  const worker = new WorkerClient({
    name: 'source-map',
    entry: childEntry('source-map'),
    rights: { read: [artifacts], heapMb: 512 },
    jail: options.jail,
    log,
  })
  const queue = new SerialQueue()
  let idle: NodeJS.Timeout | undefined
  let closed = false

  const ask = async (job: LookupJob): Promise<LookupResult> => {
    clearTimeout(idle)
    try {
      const { head } = await worker.call(JSON.stringify(job), undefined, DEADLINE_MS)
      const result: unknown = JSON.parse(head)
      if (isResultOf(job, result)) return result
      worker.kill('an answer was not as agreed')
      throw new PlugbayError(
        'PROCESS_CRASHED',
        'The source-map process gave an answer that was not as agreed',
      )
    } finally {
      idle = setTimeout(() => worker.kill('nothing to do'), idleMs).unref()
    }
  }
  return {
    mapper: (plugin, path) =>
      new LinkedStackMapper((positions, frame) =>
        queue
          .run(() => ask({ map: path, positions: positions(), frame }))
          .catch((error: unknown) => {
            if (!closed) log.warn({ plugin, error: String(error) }, 'a source map cannot be read')
            throw error
          }),
      ),
    get pid() {
      return worker.pid
    },
    async close() {
      closed = true
      clearTimeout(idle)
      await worker.close()
    },
  }
}

function isResultOf(job: LookupJob, value: unknown): value is LookupResult {
  const { found, frame } = value as Partial<Record<keyof LookupResult, unknown>>
  return (
    (frame === null || (typeof frame === 'string' && frame.length <= MAX_FRAME)) &&
    Array.isArray(found) &&
    found.length === job.positions.length &&
    found.every((each) => each === null || isPosition(each))
  )
}

function isPosition(value: unknown): boolean {
  const { file, line, column } = value as Partial<Record<keyof AuthorPosition, unknown>>
  return (
    typeof file === 'string' &&
    file.length <= MAX_FILE_NAME &&
    Number.isSafeInteger(line) &&
    Number.isSafeInteger(column)
  )
}
