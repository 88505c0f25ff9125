// plugbay upgrade-project: brings the project of a plugin up to what "plugbay create" would make of it today.
// Invariant: what the author has written stays: files that are there are not touched, except package.json, manifest.json and tsconfig.json,
// of which only the parts that are ours change.

import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Command } from 'commander'
import { textIfThere } from '../../../plugin-store/text-if-there.ts'
import { DECLARATION_FILE } from '../../../sdk/host/declaration-file.ts'
import { refreshTypes } from '../../dev/env-types.ts'
import { idIn } from '../../dev/manifest-id.ts'
import { PlugbayError } from '../../errors.ts'
import { isLightSpec, ownPackage } from '../own-package.ts'
import { ownTypes } from '../own-types.ts'
import { resolveFolder } from '../paths.ts'
import { type TemplateName, templateFiles } from '../scaffold.ts'
import { addJsonOption, type Session } from '../session.ts'

/** Of a template: what tools read. Sources and tests are the author's. */
const OF_TOOLS =
  /^(?:\.gitignore|\.github\/.*|\.vscode\/launch\.json|jsconfig\.json|tsconfig\.json|vite\.config\.ts)$/
/** Of the templates of older versions: types were checked before the file with the types of the manifest was written. */
const FORMER_SCRIPTS: ReadonlySet<unknown> = new Set([
  'tsc && plugbay check .',
  'tsc -p jsconfig.json && plugbay check .',
  'tsc && vite build && plugbay check .',
])
const SCHEMA = './node_modules/plugbay/sdk/manifest/manifest.v1.json'

export function addUpgradeProject(program: Command, session: Session): void {
  const command = program
    .command('upgrade-project')
    .description(
      'Bring the project of a plugin up to date: scripts, versions, $schema, and files that it lacks.',
    )
    .argument('[dir]', 'the folder that holds manifest.json', '.')
  addJsonOption(command)
    .addHelpText('after', EXAMPLES)
    .action((folder: string, options: { readonly json?: boolean }) => upgrade(session, folder, options.json))
}

async function upgrade(session: Session, given: string, json: boolean | undefined): Promise<void> {
  const { io } = session
  await session.run({ json, id: given }, async () => {
    const folder = await resolveFolder(io.cwd, given)
    const id = await idIn(folder)
    if (id === undefined)
      throw new PlugbayError('MANIFEST_INVALID', `"${given}" has no manifest.json with an id`)
    const template = await templateOf(folder)
    const isLight = await installsLight(folder)
    const { spec } = ownPackage(folder, { isLight })
    const files = await templateFiles(template, { id, spec, isLight })
    const changed: string[] = []
    for (const [name, text] of files) {
      if (!OF_TOOLS.test(name) || (await textIfThere(join(folder, name))) !== undefined) continue
      await mkdir(dirname(join(folder, name)), { recursive: true })
      await writeFile(join(folder, name), text, { flag: 'wx' })
      changed.push(name)
    }
    if (await upgradePackageJson(folder, files.get('package.json') ?? '{}')) changed.push('package.json')
    if (await upgradeManifest(folder)) changed.push('manifest.json')
    for (const name of ['tsconfig.json', 'jsconfig.json'])
      if (await includeTypes(join(folder, name))) changed.push(name)
    if (await refreshTypes(folder, ownTypes())) changed.push(DECLARATION_FILE)
    const lines = changed.sort().map((name) => `  ${name}`)
    const text =
      changed.length === 0
        ? `${id} is up to date`
        : [`Brought ${id} up to date:`, ...lines, '', 'Next:', '  $ npm install', '  $ npm run check'].join(
            '\n',
          )
    return { results: [{ id, ok: true, template, files: changed }], text }
  })
}

async function templateOf(folder: string): Promise<TemplateName> {
  const has = async (name: string) => (await textIfThere(join(folder, name))) !== undefined
  const { dependencies } = recordOf(await textIfThere(join(folder, 'package.json')))
  if (Object.hasOwn(Object(dependencies), 'react')) return 'react'
  return (await has('tsconfig.json')) || (await has('backend/index.ts')) ? 'ts' : 'js'
}

/** A project stays with the package that it has. */
async function installsLight(folder: string): Promise<boolean> {
  const { dependencies, devDependencies } = recordOf(await textIfThere(join(folder, 'package.json')))
  const asked: unknown = { ...Object(devDependencies), ...Object(dependencies) }.plugbay
  return typeof asked === 'string' && isLightSpec(asked)
}

/** Scripts and packages that are missing; and newer versions of those that the template names. */
async function upgradePackageJson(folder: string, templateText: string): Promise<boolean> {
  const path = join(folder, 'package.json')
  const text = await textIfThere(path)
  const template = recordOf(templateText)
  const own = text === undefined ? { ...template } : recordOf(text)
  const kept = Object.entries(Object(own.scripts)).filter(([, script]) => !FORMER_SCRIPTS.has(script))
  const scripts = { ...Object(template.scripts), ...Object.fromEntries(kept) }
  const dependencies = Object(own.dependencies)
  const ours = Object.entries(Object(template.devDependencies)).filter(
    ([name]) => !Object.hasOwn(dependencies, name),
  )
  const devDependencies = sorted({ ...Object(own.devDependencies), ...Object.fromEntries(ours) })
  const allowed = { ...Object(template.allowScripts), ...Object(own.allowScripts) }
  const allowScripts = Object.keys(allowed).length === 0 ? undefined : allowed
  const made = `${JSON.stringify({ ...own, scripts, devDependencies, allowScripts }, null, 2)}\n`
  if (made === text) return false
  await writeFile(path, made)
  return true
}

/** As text: order and form are the author's. */
async function upgradeManifest(folder: string): Promise<boolean> {
  const path = join(folder, 'manifest.json')
  const text = (await textIfThere(path)) ?? ''
  const { $schema } = recordOf(text)
  if ($schema === SCHEMA) return false
  const quoted = JSON.stringify(SCHEMA)
  const made =
    typeof $schema === 'string'
      ? text.replace(/("\$schema"\s*:\s*)"(?:[^"\\]|\\.)*"/, (_, name: string) => `${name}${quoted}`)
      : text.replace('{', `{\n  "$schema": ${quoted},`)
  await writeFile(path, made)
  return true
}

/** As text, since it may have comments. */
async function includeTypes(path: string): Promise<boolean> {
  const text = await textIfThere(path)
  const found = /("include"\s*:\s*\[)([^\]]*)\]/.exec(text ?? '')
  if (text === undefined || found === null || found[2]?.includes(DECLARATION_FILE) === true) return false
  const [all, opening = '', names = ''] = found
  const added = `${opening}"${DECLARATION_FILE}"${names.trim() === '' ? '' : ', '}${names.trimStart()}]`
  await writeFile(
    path,
    text.replace(all, () => added),
  )
  return true
}

function recordOf(text: string | undefined): Readonly<Record<string, unknown>> {
  if (text === undefined) return {}
  const value: unknown = JSON.parse(text.replace(/^\uFEFF/, ''))
  return typeof value === 'object' && value !== null ? { ...value } : {}
}

function sorted(record: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)))
}

const EXAMPLES = `
Examples:
  $ plugbay upgrade-project
  $ plugbay upgrade-project my-plugin --json`
