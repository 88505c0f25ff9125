// Checks the catalogs of a package: which languages there are, whether each can be read, and what one has and another lacks.

import type { Problem } from '../../../../sdk/api/problems.ts'
import { catalogLanguage, DEFAULT_LOCALES_FOLDER } from '../../../../sdk/manifest/layout.ts'
import type { Manifest } from '../../../../sdk/manifest/manifest.ts'
import { MAX_CATALOGS } from '../../../../sdk/messages/catalog.ts'
import { canonicalTag } from '../../../../sdk/text/language-tag.ts'
import type { PackageFiles } from '../../types.ts'
import { quoted } from '../manifest/manifest-finding.ts'
import { readCatalog } from './read-catalog.ts'

/** Of all languages together; an instance gets those that the host has. */
const MAX_TOTAL_BYTES = 4_000_000
/** Catalogs of the largest size, each message as slow as it can be, take a few seconds. */
const MAX_MS = 5000
const MAX_PROBLEMS = 50
const MAX_WARNINGS = 20
/** Where other systems keep them. */
const OTHER_FOLDERS = ['locale', 'lang', 'langs', 'i18n', 'translations', 'messages']

export interface LocaleFindings {
  readonly problems: readonly Problem[]
  readonly warnings: readonly Problem[]
}

/** @param manifest null when it is invalid: its own problems come first */
export function checkLocales(manifest: Manifest | null, files: PackageFiles): LocaleFindings {
  if (manifest === null) return { problems: [], warnings: [] }
  const names = new Intl.DisplayNames('en', { type: 'language', fallback: 'none' })
  const problems: Problem[] = []
  const warnings: Problem[] = []
  const found = new Map<string, ReadonlySet<string>>()
  const began = performance.now()
  let bytes = 0
  for (const [file, content] of files) {
    const language = catalogLanguage(manifest, file)
    if (language === undefined) continue
    const canonical = canonicalTag(language)
    if (canonical !== language) {
      warnings.push(misnamed(file, language, canonical))
      continue
    }
    if (names.of(language) === undefined) warnings.push(unknownLanguage(file, language))
    bytes += content.length
    if (bytes > MAX_TOTAL_BYTES || found.size >= MAX_CATALOGS || performance.now() - began > MAX_MS) {
      problems.push(tooMuch(file))
      break
    }
    const { keys, problems: wrong } = readCatalog({ file, language, bytes: content })
    found.set(language, keys)
    problems.push(...wrong)
    if (problems.length >= MAX_PROBLEMS) break
  }
  if (found.size === 0) warnings.push(...noCatalogs(manifest, files))
  else if (problems.length === 0) warnings.push(...gaps(manifest, found))
  warnings.push(...nested(manifest, files))
  return { problems: problems.slice(0, MAX_PROBLEMS), warnings: warnings.slice(0, MAX_WARNINGS) }
}

function folderOf({ locales = DEFAULT_LOCALES_FOLDER }: Pick<Manifest, 'locales'>): string {
  return locales
}

function misnamed(file: string, name: string, canonical = canonicalTag(name.replaceAll('_', '-'))): Problem {
  return {
    code: 'LOCALE_INVALID',
    message: `The catalog "${file}" is not used: ${quoted(name)} is not a language tag`,
    hint:
      canonical === undefined
        ? 'Name it after its language, such as "fr.json" or "pt-BR.json"'
        : `Name it "${canonical}.json"`,
    file,
  }
}

function unknownLanguage(file: string, language: string): Problem {
  return {
    code: 'LOCALE_INVALID',
    message: `The catalog "${file}" is of a language that is not known: ${quoted(language)}`,
    hint: 'Correct its name, unless the host offers this very language',
    file,
  }
}

function tooMuch(file: string): Problem {
  return {
    code: 'LOCALE_INVALID',
    message: `The catalogs are too many or too large: up to ${MAX_CATALOGS} languages, ${MAX_TOTAL_BYTES} bytes in all, read in ${MAX_MS / 1000} s`,
    hint: 'Leave out languages or messages that are not used',
    file,
  }
}

/** Messages that some languages have and others lack: readers of those get them in another language. */
function gaps(manifest: Manifest, found: ReadonlyMap<string, ReadonlySet<string>>): Problem[] {
  const all = new Set<string>()
  for (const keys of found.values()) for (const key of keys) all.add(key)
  return [...found].flatMap(([language, keys]) => {
    if (keys.size === all.size) return []
    const missing = [...all.difference(keys)]
    const some = missing.slice(0, 3).map(quoted).join(', ')
    const more = missing.length > 3 ? ` and ${missing.length - 3} more` : ''
    return [
      {
        code: 'LOCALE_INVALID',
        message: `"${language}" lacks messages that other languages have: ${some}${more}`,
        hint: 'Until they are translated, they are shown in another language',
        file: `${folderOf(manifest)}/${language}.json`,
      },
    ]
  })
}

function noCatalogs(manifest: Manifest, files: PackageFiles): Problem[] {
  const folder = folderOf(manifest)
  const problem = (message: string, hint: string): Problem[] => [
    { code: 'LOCALE_INVALID', message, hint, file: 'manifest.json', pointer: '/locales' },
  ]
  // A folder that is not there is a problem of the manifest.
  if (manifest.locales !== undefined)
    return problem(
      `The folder "${folder}" holds no catalog of messages`,
      'Add one for each language, such as "fr.json"',
    )
  const other = OTHER_FOLDERS.find((name) => files.keys().some((path) => path.startsWith(`${name}/`)))
  if (other !== undefined)
    return problem(
      `The folder "${other}" is not used: catalogs of messages are in "${folder}"`,
      `Rename it, or name it: "locales": "${other}"`,
    )
  if (manifest.contributes?.pages?.translated !== true) return []
  return problem(
    'The pages exist under each language, but there are no messages in any',
    `Add "${folder}/<language>.json", or translate the pages by other means`,
  )
}

function nested(manifest: Manifest, files: PackageFiles): Problem[] {
  const folder = `${folderOf(manifest)}/`
  return files
    .keys()
    .filter((path) => path.startsWith(folder) && path.includes('/', folder.length) && path.endsWith('.json'))
    .map(
      (file): Problem => ({
        code: 'LOCALE_INVALID',
        message: `The catalog "${file}" is not used: it lies in a folder of its own`,
        hint: `Put all messages of a language into one file, such as "${folder}fr.json"`,
        file,
      }),
    )
    .toArray()
}
