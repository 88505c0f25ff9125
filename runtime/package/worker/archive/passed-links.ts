// Links that were not followed: harmless where nothing names them, as in a repository that is uploaded whole.
// Invariant: a link that is named is a problem, never a file that is silently missing.

import type { Problem } from '../../../../sdk/api/problems.ts'
import { isMigration } from '../../../../sdk/manifest/layout.ts'
import type { PassedLink } from '../../types.ts'
import type { LinkedFiles } from '../link/resolve-paths.ts'
import { showName } from './archive-problems.ts'
import { publicRoots } from './package-members.ts'

const MOST_SHOWN = 10

/** The files for the linker; remembers which links it asks for. */
export class WithLinks implements LinkedFiles {
  readonly #files: LinkedFiles
  readonly #links: readonly string[]
  /** Paths of links. */
  readonly asked = new Set<string>()

  constructor(files: LinkedFiles, links: readonly PassedLink[]) {
    this.#files = files
    this.#links = links.map(({ path }) => path)
  }

  has(path: string): boolean {
    return this.#note(this.#files.has(path), path)
  }

  get(path: string): Uint8Array | undefined {
    const found = this.#files.get(path)
    this.#note(found !== undefined, path)
    return found
  }

  keys(): MapIterator<string> {
    return this.#files.keys()
  }

  hasFolder(path: string): boolean {
    return this.#note(this.#files.hasFolder?.(path) === true, path)
  }

  #note(isFound: boolean, path: string): boolean {
    if (!isFound) for (const link of this.#links) if (isOrWithin(path, link)) this.asked.add(link)
    return isFound
  }
}

export interface LinkFindings {
  readonly problems: readonly Problem[]
  readonly warnings: readonly Problem[]
}

/** @param asked links that the backend imports, or files below them */
export function judgeLinks(
  links: readonly PassedLink[],
  { manifest, asked }: { readonly manifest: unknown; readonly asked: ReadonlySet<string> },
): LinkFindings {
  const roots = publicRoots(manifest)
  const isNamed = ({ path }: PassedLink) =>
    asked.has(path) ||
    path === 'manifest.json' ||
    isMigration(path) ||
    roots.some((root) => isOrWithin(root, path) || isOrWithin(path, root))
  const problems = links.filter(isNamed).map(({ path, what, hint }): Problem => {
    const file = showName(path)
    return { code: 'ARCHIVE_UNSUPPORTED', message: `"${file}" ${what}`, hint, file }
  })
  const passed = links.filter((link) => !isNamed(link)).map(({ path }) => `"${showName(path)}"`)
  if (passed.length === 0) return { problems, warnings: [] }
  const more = passed.length > MOST_SHOWN ? `, and ${passed.length - MOST_SHOWN} more` : ''
  const message = `Links were left out, since nothing names them: ${passed.slice(0, MOST_SHOWN).join(', ')}${more}`
  return { problems: problems.slice(0, 50), warnings: [{ code: 'ARCHIVE_UNSUPPORTED', message }] }
}

function isOrWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`)
}
