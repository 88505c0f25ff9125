// Rules for file names in a package, the same for a zip and a folder.
// Invariant: a valid name means the same file on Linux, macOS and Windows, inside the package and nowhere else.

import type { ArchiveFinding } from './archive-problems.ts'
import { showName } from './archive-problems.ts'

const MAX_PATH_BYTES = 500
const MAX_SEGMENT_BYTES = 255
const MAX_DEPTH = 32

export interface NameVerdict {
  /** The canonical path: NFC, no trailing slash. Use it only when `findings` is empty. */
  readonly path: string
  readonly findings: readonly ArchiveFinding[]
}

/**
 * Checks a name from an archive or a folder; a trailing slash marks a directory.
 * Each rule that it breaks is a separate finding.
 */
export function checkName(name: string): NameVerdict {
  if (Buffer.byteLength(name) > MAX_PATH_BYTES) {
    return { path: '', findings: [tooLong(name, `The name is longer than ${MAX_PATH_BYTES} bytes`)] }
  }
  const findings: ArchiveFinding[] = []
  if (name.includes('\\')) {
    findings.push(
      unsafe(
        name,
        `"${showName(name)}" holds a backslash`,
        'Old Windows zip tools and the ZipFile class of .NET Framework write "\\" between folders. Zip the folder with 7-Zip, with the file manager, or with "plugbay pack <dir>"',
      ),
    )
  }
  // Between emoji, the invisible joiner is harmless.
  if (
    /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Noncharacter_Code_Point}\ufffd]/u.test(
      name.replace(/\p{RGI_Emoji}/gv, ''),
    )
  ) {
    findings.push(unsafe(name, `"${showName(name)}" holds a control, direction or invisible character`))
  }
  const slashed = name.replaceAll('\\', '/')
  findings.push(...checkPlace(name, slashed))
  const path = (slashed.endsWith('/') ? slashed.slice(0, -1) : slashed).normalize('NFC')
  const segments = path.split('/')
  if (segments.length > MAX_DEPTH) {
    findings.push(tooLong(name, `"${showName(name)}" is more than ${MAX_DEPTH} folders deep`))
  }
  for (const segment of segments) {
    const finding = checkSegment(name, segment)
    if (finding !== undefined) {
      findings.push(finding)
      break
    }
  }
  return { path, findings }
}

/** Whether the name stays inside the folder that it is extracted to. */
function checkPlace(name: string, slashed: string): ArchiveFinding[] {
  if (slashed === '' || slashed === '/') {
    return [unsafe(name, 'An entry has no name')]
  }
  const findings: ArchiveFinding[] = []
  if (slashed.startsWith('/')) {
    findings.push(unsafe(name, `"${showName(name)}" is an absolute path`))
  }
  if (/^[a-z]:/i.test(slashed)) {
    findings.push(unsafe(name, `"${showName(name)}" begins with a drive letter`))
  }
  // Compatibility forms too: "‥" (U+2025) and "／" (U+FF0F) become ".." and "/" where names are folded.
  const folded = slashed.normalize('NFKC').replaceAll('\\', '/')
  if (isAway(slashed) || isAway(folded)) {
    findings.push(unsafe(name, `"${showName(name)}" leads out of the package`))
  } else if (folded.split('/').length !== slashed.split('/').length) {
    findings.push(unsafe(name, `"${showName(name)}" holds a character that some systems read as a slash`))
  }
  return findings
}

function isAway(path: string): boolean {
  return path.split('/').includes('..')
}

/** The first rule that one segment of a path breaks. checkName() handles "..". */
function checkSegment(name: string, segment: string): ArchiveFinding | undefined {
  if (segment === '..') {
    return undefined
  }
  if (segment === '' || segment === '.') {
    return unsafe(name, `"${showName(name)}" holds an empty or "." segment`)
  }
  if (Buffer.byteLength(segment) > MAX_SEGMENT_BYTES) {
    return tooLong(name, `"${showName(segment)}" is longer than ${MAX_SEGMENT_BYTES} bytes`)
  }
  if (/^(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])\s*(\.|$)/iu.test(segment)) {
    return unsafe(name, `"${showName(segment)}" is a reserved name on Windows`)
  }
  if (/[. ]$/.test(segment)) {
    return unsafe(name, `"${showName(segment)}" ends with a dot or a space, which Windows drops`)
  }
  if (/[<>:"|?*]/.test(segment)) {
    return unsafe(name, `"${showName(segment)}" holds a character that Windows does not allow in names`)
  }
  return undefined
}

export interface NamedEntry {
  /** As written in the archive. */
  readonly name: string
  /** As checkName() gives it. */
  readonly path: string
  readonly isDirectory: boolean
}

interface Seen {
  readonly path: string
  readonly name: string
  readonly isDirectory: boolean
  /** It has an entry of its own, instead of being only the parent of another. */
  isExplicit: boolean
}

/**
 * Finds colliding names: duplicates, names that differ only in case or Unicode form (folders included), and a file where
 * another entry needs a folder. Folders count although they need no entry of their own: files and folders together are limited
 * to twice `maxEntries`, so that no reader's tree gets too large.
 */
export function findNameConflicts(
  entries: readonly NamedEntry[],
  { maxEntries }: { readonly maxEntries: number },
): ArchiveFinding[] {
  const findings: ArchiveFinding[] = []
  const seen = new Map<string, Seen>()
  for (const entry of entries) {
    if (seen.size > 2 * maxEntries) {
      const message = `The names need more than ${2 * maxEntries} files and folders`
      return [...findings, { code: 'ARCHIVE_TOO_LARGE', message, hint: 'Use fewer nested folders' }]
    }
    const segments = entry.path.split('/')
    let path = ''
    let key = ''
    for (const [index, segment] of segments.entries()) {
      const isLast = index === segments.length - 1
      path = path === '' ? segment : `${path}/${segment}`
      key = `${key}/${foldName(segment)}`
      const here: Seen = {
        path,
        name: entry.name,
        isDirectory: entry.isDirectory || !isLast,
        isExplicit: isLast,
      }
      const earlier = seen.get(key)
      if (earlier === undefined) {
        seen.set(key, here)
        continue
      }
      const message = conflict(earlier, here)
      if (message !== undefined) {
        findings.push({
          code: 'ARCHIVE_AMBIGUOUS',
          message,
          file: entry.name,
          hint: 'Keep one of the two, or rename one',
        })
        break
      }
      earlier.isExplicit ||= here.isExplicit
    }
  }
  return findings
}

function conflict(earlier: Seen, here: Seen): string | undefined {
  if (earlier.path !== here.path) {
    return `"${showName(earlier.path)}" and "${showName(here.path)}" are the same name on systems that ignore case`
  }
  if (earlier.isDirectory !== here.isDirectory) {
    return `"${showName(here.path)}" is both a file and a folder`
  }
  if (!earlier.isExplicit || !here.isExplicit) {
    return undefined
  }
  const differ = earlier.name !== here.name
  return `"${showName(here.path)}" is in the archive twice${differ ? ', in two Unicode forms' : ''}`
}

/** One key for all names that some file system considers equal: case and compatibility forms folded. */
function foldName(segment: string): string {
  return segment.normalize('NFKC').toUpperCase().toLowerCase().normalize('NFKC')
}

function unsafe(file: string, message: string, hint?: string): ArchiveFinding {
  return {
    code: 'ARCHIVE_UNSAFE_PATH',
    message,
    hint: hint ?? 'Rename the file: letters, digits, "-", "_" and "." work everywhere',
    file,
  }
}

function tooLong(file: string, message: string): ArchiveFinding {
  return { code: 'ARCHIVE_TOO_LARGE', message, hint: 'Use shorter names and fewer nested folders', file }
}
