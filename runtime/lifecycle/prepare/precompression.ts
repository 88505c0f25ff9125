// Gives releases that went live stronger compressed copies, one artifact after the other, when it has become quiet.
// Invariant: uploads and requests never wait for it, and a failure changes nothing: the copies of the install go on serving.

import type { ServedArtifact } from '../../contributions/live-plugin.ts'
import type { Log } from '../../log.ts'
import { openCompressionProcess } from '../../package/compression-process.ts'
import { sweepDerived } from '../../package/derived-writer.ts'
import { makeStrongCopies } from '../../package/precompress.ts'
import type { Policy } from '../../policy.ts'
import type { Jail } from '../../processes/jail/jail.ts'

export interface Precompression {
  /** Call it for every artifact that begins to serve; those that have strong copies cost next to nothing. */
  later(artifact: ServedArtifact): void
  /** Of the compression process; undefined while there is none. */
  readonly pid: number | undefined
  /** Stops in the middle, and waits until nothing is written any more. */
  close(): Promise<void>
}

export interface RecompressionOptions {
  /** The folder of an artifact by its content hash. */
  readonly folderOf: (sha256: string) => string
  readonly log: Log
  /** Of the compression process; none by default. */
  readonly jail?: Jail
  /** Whether copies are made at all. */
  readonly policy: Pick<Policy, 'compress'>
  /** How long nothing must have gone live, in milliseconds; default 2,000. */
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
      // A process for each artifact: what a hostile asset did to it ends with it.
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
