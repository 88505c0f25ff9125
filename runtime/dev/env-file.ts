// .plugbay.env in the folder of a plugin: settings and secrets for `plugbay dev`, under the names of the manifest. It is never packed.
// Invariant: what the developer's shell says wins, as everywhere.

import { join } from 'node:path'
import { isDeepStrictEqual, parseEnv } from 'node:util'
import { textIfThere } from '../../plugin-store/text-if-there.ts'
import { VARIABLE_PREFIX, variableOf } from '../settings/variables.ts'

export const ENV_FILE = '.plugbay.env'

type Variables = Record<string, string | undefined>

/** The variables of the shell, and below them those of the file, which may change while `dev` runs. */
export class EnvFile {
  readonly variables: Variables
  readonly #folder: string
  readonly #shell: Readonly<Variables>
  #found: Readonly<Record<string, string>> = {}

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
    const text = await textIfThere(join(this.#folder, ENV_FILE))
    const found = Object.fromEntries(
      Object.entries(parseEnv(text ?? '')).flatMap(([name, value]) => {
        const variable = name.startsWith(VARIABLE_PREFIX) ? name : id && variableOf(id, name)
        return variable && value !== undefined && this.#shell[variable] === undefined
          ? [[variable, value] as const]
          : []
      }),
    )
    if (isDeepStrictEqual(found, this.#found)) return false
    for (const name of Object.keys(this.#found)) delete this.variables[name]
    Object.assign(this.variables, found)
    this.#found = found
    return true
  }
}
