// .plugbay.env in the folder of a plugin: settings and secrets for `plugbay dev`, under the names of the manifest. It is never packed.
// Invariant: what the developer's shell says wins, as everywhere.

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { VARIABLE_PREFIX, variableOf } from '../settings/variables.ts'

export const ENV_FILE = '.plugbay.env'

type Variables = Record<string, string | undefined>

/** The variables of the shell, and below them those of the file, which may change while `dev` runs. */
export class EnvFile {
  readonly variables: Variables
  readonly #folder: string
  readonly #shell: Readonly<Variables>
  #text: string | undefined
  #names: readonly string[] = []

  constructor(folder: string, shell: Readonly<Variables>) {
    this.#folder = folder
    this.#shell = shell
    this.variables = { ...shell }
  }

  /**
   * Reads the file; a name is a setting of the plugin (`apiKey`) or a whole variable (`PLUGBAY_SETTING_…`).
   * Resolves with whether anything has changed. Rejects with the error of the file system.
   */
  async read(id: string | undefined): Promise<boolean> {
    const text = await textOf(join(this.#folder, ENV_FILE))
    const read = `${id} ${text}`
    if (read === this.#text) return false
    const isFirst = this.#text === undefined
    this.#text = read
    for (const name of this.#names) delete this.variables[name]
    const found = Object.entries(parseEnv(text ?? '')).flatMap(([name, value]) => {
      const variable = name.startsWith(VARIABLE_PREFIX) ? name : id && variableOf(id, name)
      return variable && this.#shell[variable] === undefined ? [[variable, value] as const] : []
    })
    this.#names = found.map(([name]) => name)
    Object.assign(this.variables, Object.fromEntries(found))
    return !isFirst || found.length > 0
  }
}

/** Undefined for a file that does not exist. */
async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
