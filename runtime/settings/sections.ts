// What settings.toml says, and what can be wrong with it.

import type { Problem } from '../errors.ts'

export const SETTINGS_FILE = 'settings.toml'

/** Values by key, by the id of a plugin. Plain data with own members only. */
export type Sections = ReadonlyMap<string, Readonly<Record<string, unknown>>>

export type ReadSections =
  | { readonly ok: true; readonly sections: Sections; readonly warnings: readonly Problem[] }
  | { readonly ok: false; readonly problem: Problem }

export function fileProblem(message: string, hint?: string): Problem {
  const problem = { code: 'SETTINGS_FILE_INVALID', message, file: SETTINGS_FILE } as const
  return hint === undefined ? problem : { ...problem, hint }
}
