// Checks rendered files by the functions that the application declares, and finds whose patch has broken a file.

import type { FileCheck } from '../../sdk/host/templates.ts'
import type { Problem } from '../errors.ts'
import type { JobBody } from '../templates/format/engine-calls.ts'
import { patchesOf, type TemplateEngine } from '../templates/template-engine.ts'

const DEADLINE_MS = 10_000
const MAX_MESSAGE = 500

export interface CheckedFiles {
  readonly job: JobBody
  /** By name of the template. */
  readonly texts: ReadonlyMap<string, string>
  readonly checks: Readonly<Record<string, FileCheck>>
  readonly engine: Pick<TemplateEngine, 'render'>
}

/** Never rejects because of a check. */
export async function checkFiles({ job, texts, checks, engine }: CheckedFiles): Promise<readonly Problem[]> {
  const problems: Problem[] = []
  for (const [file, check] of Object.entries(checks)) {
    const text = texts.get(file)
    const fault = text === undefined ? undefined : await faultOf(check, text)
    if (fault === undefined) continue
    const plugins = await culprits(file, check, { job, engine })
    const who =
      plugins.length === 0
        ? ''
        : `: the patch of ${plugins.map((id) => `"${id}"`).join(' or ')} has broken it`
    problems.push({
      code: 'TEMPLATES_INVALID',
      message: `The file "${file}" is not valid${who}: ${fault}`,
      ...(plugins.length > 0 && {
        hint: `Disable ${plugins.map((id) => `"${id}"`).join(' or ')}, or install a release without the mistake`,
      }),
    })
  }
  return problems
}

/** The plugins without whose patches the file would be valid; none where it is not valid without any. */
async function culprits(
  file: string,
  check: FileCheck,
  { job, engine }: Pick<CheckedFiles, 'job' | 'engine'>,
): Promise<readonly string[]> {
  const isValid = async (isWanted: (plugin: string) => boolean): Promise<boolean> => {
    const patches = patchesOf(job.patches, isWanted)
    const { texts } = await engine.render({ ...job, patches, wanted: [file] })
    const text = texts.get(file)
    return text !== undefined && (await faultOf(check, text)) === undefined
  }
  if (!(await isValid(() => false))) return []
  const plugins = [
    ...new Set(Object.values(job.patches).flatMap((texts) => texts.map(({ plugin }) => plugin))),
  ]
  const alone: string[] = []
  for (const plugin of plugins) if (!(await isValid((each) => each === plugin))) alone.push(plugin)
  return alone.length > 0 ? alone : plugins
}

async function faultOf(check: FileCheck, text: string): Promise<string | undefined> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(resolve, DEADLINE_MS, `its check has not answered in ${DEADLINE_MS} ms`)
  })
  try {
    return (await Promise.race([check(text), late]))?.slice(0, MAX_MESSAGE)
  } catch (error) {
    return (error instanceof Error ? error.message : String(error)).slice(0, MAX_MESSAGE)
  } finally {
    clearTimeout(timer)
  }
}
