// Where links in the folder of a plugin may lead: into its project or workspace, and to packages that "npm link" has put there.
// Invariant: never into the home folder as a whole, nor above it.

import { readdir, readFile, realpath, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join, sep } from 'node:path'
import { isWithinRoots } from '../package/format/within-roots.ts'

/** Real paths, the folder itself first. */
export async function linkRoots(folder: string): Promise<readonly string[]> {
  const workspace = await workspaceOf(folder)
  const roots = workspace === folder ? [folder] : [folder, workspace]
  return [...roots, ...(await linkedPackages(folder, roots))]
}

/** The outermost folder that says of itself that it is a workspace, up to the repository; else the folder. */
async function workspaceOf(folder: string): Promise<string> {
  const home = await realpath(homedir()).catch(() => homedir())
  let found = folder
  for (let at = folder; at !== dirname(at) && !isAtOrAbove(at, home); at = dirname(at)) {
    if (await isWorkspace(at)) found = at
    if (await exists(join(at, '.git'))) return at
  }
  return found
}

function isAtOrAbove(folder: string, path: string): boolean {
  return path === folder || path.startsWith(folder === sep ? sep : `${folder}${sep}`)
}

async function isWorkspace(folder: string): Promise<boolean> {
  if (await exists(join(folder, 'pnpm-workspace.yaml'))) return true
  const json = await packageJson(folder)
  return json?.workspaces !== undefined
}

/** Links in a folder "node_modules" that lead elsewhere, each to the package of its own name. */
async function linkedPackages(folder: string, roots: readonly string[]): Promise<readonly string[]> {
  const found: string[] = []
  for (const top of await namesIn(folder)) {
    const modules = join(folder, top, 'node_modules')
    const names = await namesIn(modules)
    const scoped = names.filter((name) => name.startsWith('@'))
    const inScopes = await Promise.all(
      scoped.map(async (scope) => (await namesIn(join(modules, scope))).map((name) => `${scope}/${name}`)),
    )
    for (const name of [...names, ...inScopes.flat()]) {
      const real = await realpath(join(modules, name)).catch(() => undefined)
      if (real === undefined || isWithinRoots(real, roots)) continue
      if ((await packageJson(real))?.name === name) found.push(real)
    }
  }
  return found
}

async function packageJson(folder: string): Promise<Readonly<Record<string, unknown>> | undefined> {
  try {
    const json: unknown = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'))
    return typeof json === 'object' && json !== null ? { ...json } : undefined
  } catch {
    return undefined // There is none, or none that says anything.
  }
}

async function namesIn(folder: string): Promise<readonly string[]> {
  return await readdir(folder).catch(() => [])
}

async function exists(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false,
  )
}
