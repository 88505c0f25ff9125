// Creates a new plugin from a template, and of the files that all have in common; the templates are whole plugins with the id "my-plugin";
// light/ has what differs in a project that does not install the runtime.
// Invariant: nothing is written into a non-empty folder, nor for an id that a manifest could not have.

import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { FORMS } from '../../sdk/manifest/names.ts'
import { RESERVED_IDS } from '../../sdk/manifest/reserved-ids.ts'
import { codeRoot } from '../bundles/code-root.ts'
import { PlugbayError } from '../errors.ts'

export const TEMPLATES = ['ts', 'js', 'react'] as const
export type TemplateName = (typeof TEMPLATES)[number]

export interface NewPlugin {
  /** Absolute path; created when missing. */
  readonly folder: string
  readonly id: string
  /** What package.json asks for, to get this package. */
  readonly spec: string
  /** Whether that is the light one: then nothing of the project runs the plugin. */
  readonly isLight: boolean
}

/** Of a template: what needs the runtime. */
const OF_RUNTIME = /^(?:test\/|\.vscode\/)/

/** Creates the plugin and returns the paths of its files, sorted. Throws USAGE for the id and FILE_UNUSABLE for the folder. */
export async function createFromTemplate(
  template: TemplateName,
  plugin: NewPlugin,
): Promise<readonly string[]> {
  checkId(plugin.id)
  await checkEmpty(plugin.folder)
  const written: string[] = []
  for (const [name, text] of await templateFiles(template, plugin)) {
    const path = join(plugin.folder, name)
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, text, { flag: 'wx' })
    written.push(name)
  }
  return written.sort()
}

/** The files of a new plugin, by their path with forward slashes. */
export async function templateFiles(
  template: TemplateName,
  plugin: Omit<NewPlugin, 'folder'>,
): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>()
  const parts = ['common', template, ...(plugin.isLight ? ['light/common', `light/${template}`] : [])]
  for (const part of parts) {
    const source = join(codeRoot(), 'runtime/cli/templates', part)
    const entries = await readdir(source, { recursive: true, withFileTypes: true })
    for (const entry of entries) {
      if (!entry.isFile()) continue
      const file = join(entry.parentPath, entry.name)
      const name = targetName(relative(source, file))
      if (plugin.isLight && OF_RUNTIME.test(name)) continue
      found.set(name, fill(await readFile(file, 'utf8'), plugin))
    }
  }
  if (template === 'react') found.set('.gitignore', `${found.get('.gitignore') ?? ''}frontend/\n`)
  return found
}

function checkId(id: string): void {
  const reserved = (RESERVED_IDS as readonly string[]).includes(id)
  if (!reserved && new RegExp(FORMS.id.pattern, 'u').test(id)) return
  const message = reserved ? `"${id}" is a reserved name` : `"${id}" cannot be the id of a plugin`
  const hint = `An id is ${FORMS.id.meaning}: try --id ${suggestId(id)}`
  throw new PlugbayError('USAGE', message, { problems: [{ code: 'USAGE', message, hint }] })
}

function suggestId(id: string): string {
  const base = id
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^[^a-z]+/, '')
    .slice(0, 50)
    .replace(/-+$/, '')
  return base.length < 2 || (RESERVED_IDS as readonly string[]).includes(base)
    ? `${base || 'my'}-plugin`
    : base
}

async function checkEmpty(folder: string): Promise<void> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw new PlugbayError('FILE_UNUSABLE', `"${folder}" cannot be used (${error.code})`, { cause: error })
  })
  // A folder with nothing but a new repository counts as empty.
  const found = names.filter((name) => name !== '.git')
  if (found.length === 0) return
  const message = `The folder "${folder}" is not empty`
  throw new PlugbayError('FILE_UNUSABLE', message, {
    problems: [{ code: 'FILE_UNUSABLE', message, hint: 'Name a folder that is empty or does not exist yet' }],
  })
}

/** npm leaves files named .gitignore out of packages, so templates have another name for those with a dot. */
function targetName(name: string): string {
  return name.replaceAll('\\', '/').replace(/(^|\/)dot-/g, '$1.')
}

function fill(text: string, { id, spec }: Omit<NewPlugin, 'folder'>): string {
  const words = id.replaceAll('-', ' ')
  const name = words.charAt(0).toUpperCase() + words.slice(1)
  return text
    .replaceAll('my-plugin', id)
    .replaceAll('My plugin', name)
    .replaceAll('"plugbay": "*"', `"plugbay": ${JSON.stringify(spec)}`)
}
