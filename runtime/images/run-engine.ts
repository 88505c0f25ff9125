// One command of the container engine in a task: its output becomes the task's log, its steps the progress, its end the outcome.

import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { parseReference } from '../../sdk/manifest/image-reference.ts'
import type { ImagesConfig } from '../config/config.ts'
import { PlugbayError } from '../errors.ts'
import { runProgram } from '../processes/run-program.ts'
import type { ServerRun } from '../tasks/server-tasks.ts'
import { engineEnvironment } from './engine-environment.ts'
import type { ImageBuild } from './engines/engine.ts'
import type { FoundEngine } from './find-engine.ts'

export interface EngineRunParts {
  readonly found: FoundEngine
  readonly config: ImagesConfig
  /** Of the server. */
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Absolute path of a folder for files that live as long as a command. */
  readonly staging: string
}

export type WantedBuild = Pick<ImageBuild, 'context' | 'tag' | 'noCache' | 'args'>

/** Resolves with the identity of the image, "sha256:…". @throws PlugbayError IMAGE_FAILED */
export async function buildImage(build: WantedBuild, parts: EngineRunParts, run: ServerRun): Promise<string> {
  const { found, config, staging } = parts
  const folder = await mkdtemp(join(staging, 'image-'))
  try {
    const iidFile = join(folder, 'iid')
    const args = found.engine.build({ ...build, iidFile, extra: config.args.build })
    await runEngine([...config.args.engine, ...args], parts, {
      ...{ run, doing: `"${build.tag}" was not built` },
    })
    return (await readFile(iidFile, 'utf8')).trim()
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** @throws PlugbayError IMAGE_FAILED */
export async function transferImage(
  verb: 'push' | 'pull',
  tag: string,
  { parts, run }: { readonly parts: EngineRunParts; readonly run: ServerRun },
): Promise<void> {
  const { found, config } = parts
  const isInsecure = config.insecureRegistries.includes(parseReference(tag)?.registry ?? '')
  if (isInsecure && found.engine.name === 'docker')
    run.log.warn('Docker takes insecure registries from the configuration of its daemon only')
  const args = found.engine[verb]({ tag, isInsecure, extra: config.args[verb] })
  await runEngine([...config.args.engine, ...args], parts, {
    ...{
      run,
      doing: `"${tag}" was not ${verb}${verb === 'push' ? 'ed to its registry' : 'ed from its registry'}`,
    },
  })
}

/** "STEP 2/4:" of podman and buildah, "Step 2/4 :" and "[2/4]" of docker. */
const STEP = /^(?:STEP|Step) (\d{1,4})\/(\d{1,4})\b|^#\d+ \[(?:\S+ )?(\d{1,4})\/(\d{1,4})\]/

async function runEngine(
  args: readonly string[],
  { found, environment }: EngineRunParts,
  { run, doing }: { readonly run: ServerRun; readonly doing: string },
): Promise<void> {
  run.log.debug([found.program, ...args].join(' '))
  let last = ''
  const { code } = await runProgram({
    ...{ program: found.program, args, env: engineEnvironment(environment), signal: run.signal },
    onLine(line) {
      if (line.trim() === '') return
      last = line
      run.log.info(line)
      const [, ofPodman, allOfPodman, ofDocker, allOfDocker] = STEP.exec(line) ?? []
      const [step, all] = [Number(ofPodman ?? ofDocker), Number(allOfPodman ?? allOfDocker)]
      if (step > 0 && step <= all) run.progress((step - 1) / all, line.slice(0, 200))
    },
  })
  if (code !== 0)
    throw new PlugbayError(
      'IMAGE_FAILED',
      `${doing}: ${last.slice(0, 500) || `${found.program} ended with status ${code}`}`,
    )
}
