// Collects what one rendering needs: templates of the application and of plugins, patches in order, values.
// Invariant: a template of the application is never shadowed; the bytes of plugins are read whole, and bounded.

import type { Contributors } from '../contributions/contributors.ts'
import { patchedPoints, patchesAt, templatesOf } from '../contributions/patches.ts'
import type { Problem } from '../errors.ts'
import { callPatch } from '../guest-calls/patch.ts'
import { wholeFile } from '../package/assets.ts'
import type { EnvironmentFile } from '../templates/environment-folder.ts'
import type { JobBody, JsonValue, PatchText } from '../templates/format/engine-calls.ts'
import { isBinary, isIgnored } from '../templates/format/file-rules.ts'
import { MAX_SOURCE_BYTES, readHostTemplates, type SourceFile } from '../templates/host-templates.ts'

export interface GatherOptions {
  /** Folder of the templates of the application. */
  readonly folder: string | undefined
  readonly contributors: Contributors
  /** Rendered, secrets too. */
  readonly values: Readonly<Record<string, unknown>>
  /** Names of those that no plugin is given. */
  readonly secret: ReadonlySet<string>
}

export interface GatheredJob {
  readonly job: JobBody
  /** Copied as they are. */
  readonly copies: readonly EnvironmentFile[]
  /** Where each wanted template goes, by its name. */
  readonly targets: ReadonlyMap<string, string>
  readonly problems: readonly Problem[]
  readonly warnings: readonly Problem[]
}

/** Rejects with TEMPLATES_INVALID when the folder of the application cannot be read. */
export async function gatherJob(options: GatherOptions): Promise<GatheredJob> {
  const { folder, contributors, values } = options
  const templates = new Map<string, { readonly text: string; readonly owner: string }>()
  const targets = new Map<string, string>()
  const copies: EnvironmentFile[] = []
  const warnings: Problem[] = []
  const problems: Problem[] = []
  const taken = new Set<string>()
  const add = (name: string, { bytes, owner, target }: Added): void => {
    if (target !== undefined) taken.add(target)
    if (isBinary(name, bytes)) {
      if (target !== undefined) copies.push({ path: target, bytes, owner })
      return
    }
    templates.set(name, { text: Buffer.from(bytes).toString(), owner })
    if (target !== undefined) targets.set(name, target)
  }

  for (const { path, bytes } of folder === undefined ? [] : await readHostTemplates(folder))
    add(path, { bytes, owner: 'host', target: isIgnored(path) ? undefined : path })
  let room = MAX_SOURCE_BYTES
  for (const { plugin, name, entry, isRendered } of contributors.plugins().flatMap(templatesOf)) {
    const target = `plugins/${name}`
    if (templates.has(name) || taken.has(target)) {
      warnings.push({
        code: 'POINT_CONFLICT',
        message: `The template "${name}" of "${plugin.id}" is left out: the application has one of that name`,
      })
      continue
    }
    room -= entry.size
    if (room < 0) {
      const message = `The templates of plugins hold more than ${MAX_SOURCE_BYTES} bytes: "${name}" of "${plugin.id}"`
      problems.push({ code: 'TEMPLATES_INVALID', message })
      break
    }
    const bytes = await plugin.artifact.readAll(wholeFile(entry))
    add(name, { bytes, owner: plugin.id, target: isRendered ? target : undefined })
  }

  const given = await patchTexts(options)
  return {
    job: {
      // They come from JSON and YAML.
      values: values as Readonly<Record<string, JsonValue>>,
      templates: Object.fromEntries(templates),
      patches: given.patches,
      wanted: [...targets.keys()],
    },
    copies,
    targets,
    warnings,
    problems: [...problems, ...given.problems],
  }
}

interface Added extends Pick<SourceFile, 'bytes'> {
  readonly owner: string
  /** Undefined for one that is only included. */
  readonly target: string | undefined
}

/** Those of handlers are asked for, each once. */
async function patchTexts({ contributors, values, secret }: GatherOptions): Promise<{
  readonly patches: Readonly<Record<string, readonly PatchText[]>>
  readonly problems: readonly Problem[]
}> {
  const open = Object.fromEntries(Object.entries(values).filter(([name]) => !secret.has(name)))
  const problems: Problem[] = []
  const found = await Promise.all(
    patchedPoints(contributors.plugins()).map(async (point): Promise<[string, readonly PatchText[]]> => {
      const texts = await Promise.all(
        patchesAt(point, contributors).map(async ({ plugin, text }): Promise<readonly PatchText[]> => {
          if (text !== null) return [{ plugin: plugin.id, text }]
          const { runner } = plugin
          const outcome =
            runner === null
              ? { ok: false as const, message: 'The plugin has no backend' }
              : await callPatch(
                  { runner, reportError: (error, requestId) => plugin.reportError(error, requestId) },
                  point,
                  open,
                )
          if (outcome.ok) return [{ plugin: plugin.id, text: outcome.text }]
          const message = `"${plugin.id}" gave no text for the patch "${point}": ${outcome.message}`
          problems.push({ code: 'TEMPLATES_INVALID', message })
          return []
        }),
      )
      return [point, texts.flat()]
    }),
  )
  return { patches: Object.fromEntries(found), problems }
}
