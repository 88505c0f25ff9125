// Checks a zip before its content is read: structure, features, names, counts, sizes and ratios.
// Invariant: before this check has passed, nothing is inflated, and no memory is allocated by a size from a header.

import type { PackageLimits } from '../../../config/config.ts'
import { type ProblemList, showName } from './archive-problems.ts'
import { checkName, findNameConflicts, type NamedEntry } from './entry-names.ts'
import { FLAGS, readDirectory, type ZipEntry } from './zip-directory.ts'
import { findDirectory } from './zip-end.ts'
import { checkLocalHeaders } from './zip-local.ts'

export const METHOD_STORED = 0
export const METHOD_DEFLATED = 8

/**
 * Archives and entries that inflate to less than this are never bombs, whatever their ratio: tile maps, blank images and tables of
 * zeros shrink to a thousandth, and what a package may hold in all is limited.
 */
const RATIO_FLOOR_BYTES = 10_000_000

const UNIX_TYPE = 0xf000
const UNIX_SYMLINK = 0xa000
const UNIX_FILE = 0x8000
const UNIX_FOLDER = 0x4000
const NTFS_HOSTS: readonly number[] = [0, 10, 11]
const NTFS_REPARSE_POINT = 0x400

export interface CheckedEntry {
  readonly entry: ZipEntry
  /** Canonical: NFC, forward slashes, no trailing slash. */
  readonly path: string
  /** A symbolic link: where it leads is never read. */
  readonly isLink: boolean
}

/** The entries of a valid archive; undefined when there are `problems`. */
export function checkArchive(
  data: Buffer,
  { limits, problems }: { readonly limits: PackageLimits; readonly problems: ProblemList },
): readonly CheckedEntry[] | undefined {
  if (data.length > limits.maxArchiveBytes) {
    problems.add(tooLarge(`The archive has ${data.length} bytes; the limit is ${limits.maxArchiveBytes}`))
    return undefined
  }
  const place = findDirectory(data, problems)
  if (place === undefined) {
    return undefined
  }
  if (place.count > limits.maxEntries) {
    problems.add(tooLarge(`The archive has ${place.count} entries; the limit is ${limits.maxEntries}`))
    return undefined
  }
  const entries = readDirectory(data, { place, problems })
  if (entries === undefined) {
    return undefined
  }
  const checked: CheckedEntry[] = []
  const named: NamedEntry[] = []
  for (const entry of entries) {
    checkFeatures(entry, problems)
    const path = checkEntryName(entry, problems)
    if (path !== undefined) {
      checked.push({ entry, path, isLink: isLink(entry) })
      named.push({ name: entry.label, path, isDirectory: entry.isDirectory })
    }
  }
  for (const finding of findNameConflicts(named, limits)) {
    problems.add(finding)
  }
  checkSizes(entries, { limits, problems, archiveBytes: data.length })
  checkLocalHeaders(data, { entries, directoryStart: place.start, problems })
  return problems.count === 0 ? checked : undefined
}

function checkEntryName(entry: ZipEntry, problems: ProblemList): string | undefined {
  if (entry.extra.unicodePath !== undefined && !entry.extra.unicodePath.equals(entry.rawName)) {
    problems.add({
      code: 'ARCHIVE_AMBIGUOUS',
      message: 'The entry has two names: one in its header and another in a Unicode path field',
      hint: 'Use a zip tool that writes names in UTF-8, or "plugbay pack <dir>"',
      file: entry.label,
    })
    return undefined
  }
  if (entry.name === undefined) {
    problems.add({
      code: 'ARCHIVE_UNSAFE_PATH',
      message: 'The name of the entry is not in UTF-8',
      hint: 'Some tools write names in the code page of the machine: rename the file with ASCII letters, or use "plugbay pack <dir>"',
      file: entry.label,
    })
    return undefined
  }
  const verdict = checkName(entry.name)
  for (const finding of verdict.findings) {
    problems.add(finding)
  }
  return verdict.findings.length === 0 ? verdict.path : undefined
}

function checkFeatures(entry: ZipEntry, problems: ProblemList): void {
  const isEncrypted = FLAGS.encrypted | FLAGS.strongEncryption | FLAGS.maskedHeaders
  if ((entry.flags & isEncrypted) !== 0 || entry.extra.isEncrypted) {
    problems.add(unsupported(entry, 'is encrypted', 'Make the archive without a password'))
  } else if (entry.method !== METHOD_STORED && entry.method !== METHOD_DEFLATED) {
    const hint = 'Choose "Deflate" (the default of nearly every zip tool) or "Store"'
    problems.add(unsupported(entry, `uses compression method ${entry.method}`, hint))
  }
  if ((entry.flags & FLAGS.patch) !== 0) {
    problems.add(
      unsupported(entry, 'holds a patch instead of a file', 'Make the archive again from the folder'),
    )
  }
  if (entry.disk !== 0) {
    problems.add(
      unsupported(entry, 'lies in another part of a split archive', 'Make one archive that is not split'),
    )
  }
  checkKind(entry, problems)
}

function isLink(entry: ZipEntry): boolean {
  const isReparsePoint = NTFS_HOSTS.includes(entry.host) && (entry.dosAttributes & NTFS_REPARSE_POINT) !== 0
  return isReparsePoint || typesOf(entry).includes(UNIX_SYMLINK)
}

function typesOf(entry: ZipEntry): readonly number[] {
  return [entry.unixMode & UNIX_TYPE, (entry.extra.unixMode ?? 0) & UNIX_TYPE]
}

/** Only plain files, folders and links, and no entry that one reader takes for a file and another for a folder. */
function checkKind(entry: ZipEntry, problems: ProblemList): void {
  const types = typesOf(entry)
  if (isLink(entry)) return
  if (types.some((type) => type !== 0 && type !== UNIX_FILE && type !== UNIX_FOLDER)) {
    problems.add(unsupported(entry, 'is not a plain file or folder', 'Leave out devices, pipes and sockets'))
  }
  if (
    types.includes(entry.isDirectory ? UNIX_FILE : UNIX_FOLDER) ||
    (entry.isDirectory && entry.size !== 0)
  ) {
    problems.add({
      code: 'ARCHIVE_AMBIGUOUS',
      message: `"${showName(entry.label)}" is a file and a folder at once`,
      hint: 'Make the archive again from the folder, with another tool if this one wrote it so',
      file: entry.label,
    })
  }
}

function checkSizes(
  entries: readonly ZipEntry[],
  options: { readonly limits: PackageLimits; readonly problems: ProblemList; readonly archiveBytes: number },
): void {
  const { limits, problems, archiveBytes } = options
  let total = 0
  for (const entry of entries) {
    total += entry.size
    if (isBomb(entry.size, { packed: entry.compressedSize, limits })) {
      problems.add({
        ...tooCompressed(`"${showName(entry.label)}" inflates more than ${limits.maxRatio} times`),
        file: entry.label,
      })
    }
    if (entry.method === METHOD_STORED && entry.size !== entry.compressedSize && !entry.extra.isEncrypted) {
      problems.add({
        code: 'ARCHIVE_CORRUPT',
        message: 'The entry is stored, but its two sizes differ',
        hint: 'Make the archive again and upload it once more',
        file: entry.label,
      })
    }
  }
  if (total > limits.maxInflatedBytes) {
    problems.add(tooLarge(`The files would take ${total} bytes; the limit is ${limits.maxInflatedBytes}`))
  } else if (isBomb(total, { packed: archiveBytes, limits })) {
    problems.add(tooCompressed(`The archive inflates more than ${limits.maxRatio} times`))
  }
}

/** Whether so many bytes in so few are refused. */
export function isBomb(
  size: number,
  { packed, limits }: { readonly packed: number; readonly limits: Pick<PackageLimits, 'maxRatio'> },
): boolean {
  return size > RATIO_FLOOR_BYTES && size > packed * limits.maxRatio
}

function unsupported(entry: ZipEntry, what: string, hint: string) {
  return {
    code: 'ARCHIVE_UNSUPPORTED',
    message: `"${showName(entry.label)}" ${what}`,
    hint,
    file: entry.label,
  } as const
}

function tooCompressed(message: string) {
  const hint =
    'Make the zip with "plugbay pack", or with "Store" for what shrinks so much, or ask the operator to raise "packages.maxRatio"'
  return { code: 'ARCHIVE_TOO_LARGE', message, hint } as const
}

function tooLarge(message: string) {
  return {
    code: 'ARCHIVE_TOO_LARGE',
    message,
    hint: 'Leave out what the plugin does not need, or ask the operator to raise the limits',
  } as const
}
