// The script of a step: read from the package of its plugin, and rendered with all values.
// Invariant: only the template process reads its text; what it may include are templates of the same plugin.

import { templatesFolder } from '../../sdk/manifest/layout.ts'
import type { PlannedStep } from '../contributions/init.ts'
import type { ServedArtifact } from '../contributions/live-plugin.ts'
import type { LiveValues } from '../contributions/values.ts'
import { PlugbayError } from '../errors.ts'
import { CONTENT_BYTES, type ContentEntry } from '../package/format/artifact-format.ts'
import { MAX_TEXT_BYTES } from '../templates/format/engine-calls.ts'
import type { TemplateEngine } from '../templates/template-engine.ts'

/** Of the templates of one plugin together. */
const MAX_BYTES = 8_000_000

interface Sources {
  readonly engine: Pick<TemplateEngine, 'render'>
  readonly values: Pick<LiveValues, 'render'>
}

/** Rejects with INIT_FAILED, which says what is wrong with the script. */
export async function renderScript(
  { plugin, script }: PlannedStep & { readonly script: string },
  { engine, values }: Sources,
): Promise<string> {
  const { id, artifact, manifest } = plugin
  const root = `${templatesFolder(manifest)}/`
  const own = artifact.entries.filter(({ path }) => path.startsWith(`${root}${id}/`))
  const small = own.filter(({ size, path }) => size <= MAX_TEXT_BYTES || path === script)
  if (small.reduce((sum, { size }) => sum + size, 0) > MAX_BYTES)
    throw new PlugbayError(
      'INIT_FAILED',
      `The templates of "${id}" are larger than ${MAX_BYTES} bytes together`,
    )
  const templates: Record<string, { text: string; owner: string }> = {}
  for (const entry of small) {
    const text = await textOf(artifact, entry)
    if (text !== undefined) templates[entry.path.slice(root.length)] = { text, owner: id }
  }
  const file = script.slice(root.length)
  if (templates[file] === undefined) throw new PlugbayError('INIT_FAILED', `"${script}" is no text in UTF-8`)
  const { rendered } = await values.render()
  const { texts, problems } = await engine.render({
    // JSON, from the engine.
    values: rendered as Parameters<TemplateEngine['render']>[0]['values'],
    templates,
    patches: {},
    wanted: [file],
  })
  const text = texts.get(file)
  if (text !== undefined) return text
  throw new PlugbayError('INIT_FAILED', problems[0]?.message ?? `"${script}" was not rendered`)
}

/** Undefined for a file that is not a text. */
async function textOf(artifact: ServedArtifact, entry: ContentEntry): Promise<string | undefined> {
  const { offset, size, sha256 } = entry
  const release = artifact.acquire()
  try {
    const bytes = await artifact.readAll({ file: CONTENT_BYTES, offset, size, sha256, etag: '' })
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (error) {
    if (error instanceof TypeError) return undefined
    throw error
  } finally {
    release()
  }
}
