// Finds the container engine of the machine: the configured one, or the first that answers.
// Invariant: what is said when none can be used names each that was tried, and why.

import type { ImagesConfig } from '../config/config.ts'
import { PlugbayError } from '../errors.ts'
import { runProgram } from '../processes/run-program.ts'
import { engineEnvironment } from './engine-environment.ts'
import { buildah } from './engines/buildah.ts'
import { docker } from './engines/docker.ts'
import type { ImageEngine } from './engines/engine.ts'
import { podman } from './engines/podman.ts'

export interface FoundEngine {
  readonly engine: ImageEngine
  /** A path, or a name that is looked for in PATH. */
  readonly program: string
  /** Why this one, for logs. */
  readonly reason: string
}

/** In the order in which "auto" tries them. */
const ENGINES: readonly ImageEngine[] = [podman, docker, buildah]
const PROBE_MS = 5000

/**
 * @param environment of the server
 * @throws PlugbayError IMAGE_ENGINE_MISSING
 */
export async function findEngine(
  { engine: wanted, path }: Pick<ImagesConfig, 'engine' | 'path'>,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<FoundEngine> {
  const tried: string[] = []
  for (const engine of ENGINES.filter(({ name }) => wanted === 'auto' || wanted === name)) {
    // A path is that of the engine that was named.
    const program = wanted === 'auto' ? engine.name : (path ?? engine.name)
    const fault = await faultOf(engine, program, environment)
    if (fault === undefined) {
      const how =
        wanted === 'auto'
          ? `the first that answers${tried.length === 0 ? '' : ` (${tried.join('; ')})`}`
          : 'as configured'
      return { engine, program, reason: `${engine.name}, ${how}` }
    }
    tried.push(`${engine.name}: ${fault}`)
  }
  throw new PlugbayError('IMAGE_ENGINE_MISSING', `No container engine can be used: ${tried.join('; ')}`)
}

/** Why the engine cannot be used; undefined when it can. */
async function faultOf(
  engine: ImageEngine,
  program: string,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<string | undefined> {
  const lines: string[] = []
  const signal = AbortSignal.timeout(PROBE_MS)
  try {
    const { code } = await runProgram({
      ...{ program, args: engine.probe, signal },
      env: engineEnvironment(environment),
      onLine: (line, stream) => stream === 'stderr' && lines.push(line),
    })
    return code === 0 ? undefined : (lines.at(-1) ?? `it ended with status ${code}`).slice(0, MAX_TEXT)
  } catch (error) {
    if (signal.aborted) return `no answer within ${PROBE_MS / 1000} s`
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return 'not installed'
    if (code === 'EACCES') return 'it may not be started'
    throw error
  }
}

const MAX_TEXT = 300
