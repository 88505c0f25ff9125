// The messages of a release for its backend: which catalogs a reader of each language needs, and their bytes.
// Invariant: bytes are read for each start of an instance and not kept, and not parsed here.

import type { Languages } from '../../languages/languages.ts'
import type { Artifact } from '../../package/artifact.ts'
import type { Messages } from '../../sandbox/types.ts'

export function messagesOf(
  { catalogs, readAll }: Pick<Artifact, 'catalogs' | 'readAll'>,
  languages: Languages,
  { marks }: { readonly marks: boolean },
): Messages {
  const written = [...catalogs.keys()]
  const chains = Object.fromEntries(languages.available.map((each) => [each, languages.chain(each, written)]))
  const needed = new Set(Object.values(chains).flat())
  return {
    default: languages.default,
    chains,
    marks,
    catalogs: () =>
      Promise.all(
        [...catalogs]
          .filter(([language]) => needed.has(language))
          .map(async ([language, part]) => ({ language, bytes: await readAll(part) })),
      ),
  }
}
