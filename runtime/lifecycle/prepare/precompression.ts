// Makes stronger compressed copies for live releases, one artifact at a time, when the server is quiet.
// Invariant: uploads and requests never wait for it, and a failure changes nothing: the copies of the install stay in use.

import type { ServedArtifact } from '../../contributions/live-plugin.ts'
import type { Log } from '../../log.ts'
import { openCompressionProcess } from '../../package/compression-process.ts'
import { sweepDerived } from '../../package/derived-writer.ts'
import { makeStrongCopies } from '../../package/precompress.ts'
import type { Policy } from '../../policy.ts'
import type { Jail } from '../../processes/jail/jail.ts'

export interface Precompression {
  /** Call it for every artifact that starts to serve; those with strong copies cost next to nothing. */
  later(artifact: ServedArtifact): void
  /** Id of the compression process; undefined without one. */
  readonly pid: number | undefined
  /** Stops immediately, and waits for running writes. */
  close(): Promise<void>
}

export interface RecompressionOptions {
  /** The folder of an artifact by its content hash. */
  readonly folderOf: (sha256: string) => string
  readonly log: Log
  /** Jail of the compression process; none by default. */
  readonly jail?: Jail
  /** Whether to make copies at all. */
  readonly policy: Pick<Policy, 'compress'>
  /** How long the server must be quiet, in milliseconds; default 2,000. */
  readonly quietMs?: number
}

export function createPrecompression(options: RecompressionOptions): Precompression {
  const { folderOf, log, policy, quietMs = 2000 } = options
  const compression = openCompressionProcess(log, options.jail)
  const queue: ServedArtifact[] = []
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> | undefined
  let closed = false

  const strengthen = async (artifact: ServedArtifact): Promise<void> => {
    const wanted = () => !closed && !artifact.closed
    if (!wanted()) return
    const line = { plugin: artifact.manifest.id, sha256: artifact.sha256 }
    try {
      const folder = folderOf(artifact.sha256)
      const outcome = await makeStrongCopies(folder, { compression, wanted })
      if (outcome.kind === 'made') log.debug({ ...line, ...outcome }, 'stronger copies made')
      if (!wanted()) return
      await artifact.refresh()
      await sweepDerived(folder)
    } catch (error) {
      if (wanted()) log.debug({ ...line, error: String(error) }, 'no stronger copies were made')
    } finally {
      // A process per artifact: whatever a hostile asset does to it ends with it.
      compression.end()
    }
  }
  const work = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) await strengthen(next)
  }

  return {
    later(artifact) {
      if (!policy.compress || closed || artifact.frontend === null) return
      queue.push(artifact)
      clearTimeout(timer)
      timer = setTimeout(() => {
        running ??= work().finally(() => {
          running = undefined
        })
      }, quietMs)
      timer.unref()
    },
    get pid() {
      return compression.pid
    },
    async close() {
      closed = true
      clearTimeout(timer)
      queue.length = 0
      await compression.close()
      await running
    },
  }
}
