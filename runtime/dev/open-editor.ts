// Opens a file of the author in the editor: of LAUNCH_EDITOR, or one that runs.
// Invariant: the file lies in the plugin's folder (author-files.ts); the request bore the secret of the plugin's pages.

import { authorFile } from './author-files.ts'

export interface EditorPlace {
  readonly file: string
  readonly line?: number
  readonly column?: number
}

/** Undefined for what the client script would not have sent. */
export function readEditorPlace(text: string): (EditorPlace & { readonly token: string }) | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  const { file, line, column, token } = (value ?? {}) as Record<string, unknown>
  if (typeof file !== 'string' || typeof token !== 'string') return undefined
  return {
    ...{ file, token },
    ...(isPlace(line) && { line }),
    ...(isPlace(line) && isPlace(column) && { column }),
  }
}

/** Resolves with whether there is such a file. @param onFailure called with the reason when no editor opened it */
export async function openEditor(
  folder: string,
  { file, line = 1, column = 1 }: EditorPlace,
  onFailure: (message: string) => void,
): Promise<boolean> {
  const path = await authorFile(folder, file)
  if (path === undefined) return false
  const { default: launch } = await import('launch-editor')
  launch(`${path}:${line}:${column}`, (_name, reason) =>
    onFailure(
      reason === null
        ? 'No editor was found that runs: name one in LAUNCH_EDITOR, such as LAUNCH_EDITOR=code'
        : `The editor did not open "${file}": ${reason}`,
    ),
  )
  return true
}

function isPlace(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) > 0
}
