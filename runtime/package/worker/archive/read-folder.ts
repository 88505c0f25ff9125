// Reads a plugin's folder into the files of a package, under the same rules as a zip.
// Invariant: no symbolic link is followed, and no file is read beyond the size limit of the whole package.

import { constants } from 'node:fs'
import { type FileHandle, open, opendir } from 'node:fs/promises'
import { join } from 'node:path'
import type { PackageLimits } from '../../../config/config.ts'
import type { ReadOutcome } from '../../types.ts'
import { isJunk } from './archive-layout.ts'
import { type ProblemList, problemList, showName } from './archive-problems.ts'
import { checkName, findNameConflicts, type NamedEntry } from './entry-names.ts'
import { membersOf, type PackageMembers } from './package-members.ts'

export { packageMembers } from './package-members.ts'

/** Opening a pipe would block until it has a writer; a link put there after the walk would be followed. */
const OPEN_FLAGS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)

/**
 * Reads the members of the package (see packageMembers()) from the folder at `path`.
 * Ignores `.plugbay/`, `__MACOSX/`, `.DS_Store` and `.git/`. A file that cannot be read is a problem, not an exception.
 */
export async function readFolder(path: string, limits: PackageLimits): Promise<ReadOutcome> {
  const problems = problemList()
  const reader: Reader = { root: path, limits, problems, bytesLeft: limits.maxInflatedBytes }
  const manifest = await readMember(reader, 'manifest.json', { isOptional: true })
  const members = membersOf(parse(manifest))
  reader.bytesLeft = limits.maxInflatedBytes
  const names = await listMembers(reader, members)
  const entries = checkNames(names, reader)
  if (names.length > limits.maxEntries) {
    problems.add(tooLarge(`The folder has more than ${limits.maxEntries} files`))
  }
  const files = new Map<string, Uint8Array>()
  for (const entry of problems.count === 0 ? entries : []) {
    const content = await readMember(reader, entry.name)
    if (content === undefined) {
      break
    }
    files.set(entry.path, content)
  }
  return problems.count === 0 ? { ok: true, files, warnings: [] } : { ok: false, problems: problems.list() }
}

interface Reader {
  readonly root: string
  readonly limits: PackageLimits
  readonly problems: ProblemList
  bytesLeft: number
}

/** Names of the members with forward slashes, unordered. Stops when there are more than the limit allows. */
async function listMembers(reader: Reader, members: PackageMembers): Promise<string[]> {
  const names: string[] = []
  const folders = ['']
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    try {
      for await (const entry of await opendir(join(reader.root, folder))) {
        const name = folder === '' ? entry.name : `${folder}/${entry.name}`
        const path = name.normalize('NFC')
        if (isJunk(path) || entry.name === '.plugbay') {
          continue
        }
        if (entry.isDirectory()) {
          if (members.mayHoldMembers(path)) {
            folders.push(name)
          }
        } else if (members.isMember(path)) {
          checkIsFile(reader, { name, isFile: entry.isFile(), isLink: entry.isSymbolicLink() })
          names.push(name)
        }
        if (names.length > reader.limits.maxEntries) {
          return names
        }
      }
    } catch (error) {
      reader.problems.add(unreadable(folder, error))
    }
  }
  return names
}

function checkIsFile(
  reader: Reader,
  { name, isFile, isLink }: { readonly name: string; readonly isFile: boolean; readonly isLink: boolean },
): void {
  if (!isFile) {
    reader.problems.add({
      code: 'ARCHIVE_UNSUPPORTED',
      message: `"${showName(name)}" is ${isLink ? 'a symbolic link' : 'not a plain file or folder'}`,
      hint: isLink ? 'Copy the file itself into the folder' : 'Leave out devices, pipes and sockets',
      file: name,
    })
  }
}

/** Valid names, sorted by canonical path; an invalid one is a problem. */
function checkNames(names: readonly string[], { limits, problems }: Reader): readonly NamedEntry[] {
  const entries: NamedEntry[] = []
  for (const name of names) {
    const verdict = checkName(name)
    for (const finding of verdict.findings) {
      problems.add(finding)
    }
    if (verdict.findings.length === 0) {
      entries.push({ name, path: verdict.path, isDirectory: false })
    }
  }
  for (const finding of findNameConflicts(entries, limits)) {
    problems.add(finding)
  }
  return entries.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0))
}

/** The content of one file, counted against the limit; undefined when it is a problem, or when it is missing and may be. */
async function readMember(
  reader: Reader,
  name: string,
  { isOptional = false }: { readonly isOptional?: boolean } = {},
): Promise<Uint8Array | undefined> {
  let handle: FileHandle | undefined
  try {
    handle = await open(join(reader.root, name), OPEN_FLAGS)
    const content = await readUpTo(handle, reader.bytesLeft)
    if (content === undefined) {
      reader.problems.add(tooLarge(`The files take more than ${reader.limits.maxInflatedBytes} bytes`))
      return undefined
    }
    reader.bytesLeft -= content.length
    return content
  } catch (error) {
    if (!isOptional) {
      reader.problems.add(unreadable(name, error))
    }
    return undefined
  } finally {
    await handle?.close()
  }
}

/** Undefined when the file holds more than `limit` bytes, also when it grows while it is read. */
async function readUpTo(handle: FileHandle, limit: number): Promise<Uint8Array | undefined> {
  const { size } = await handle.stat()
  if (size > limit) {
    return undefined
  }
  const content = new Uint8Array(size)
  let length = 0
  while (length < size) {
    const { bytesRead } = await handle.read(content, length, size - length, length)
    if (bytesRead === 0) {
      break
    }
    length += bytesRead
  }
  return content.subarray(0, length)
}

/** The manifest, as far as the rule for members needs it; it is validated elsewhere. */
function parse(manifest: Uint8Array | undefined): unknown {
  try {
    return manifest === undefined ? undefined : JSON.parse(Buffer.from(manifest).toString('utf8'))
  } catch {
    // Not JSON: the default folders are read, and the manifest check reports the problem.
    return undefined
  }
}

function unreadable(name: string, error: unknown) {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error'
  const what = name === '' ? 'the folder' : `"${showName(name)}"`
  const finding = {
    code: 'ARCHIVE_CORRUPT',
    message: `Cannot read ${what} (${code})`,
    hint: 'Look at the path and the rights of the files',
  } as const
  return name === '' ? finding : { ...finding, file: name }
}

function tooLarge(message: string) {
  const hint = 'Leave out what the plugin does not need, or ask the operator to raise the limits'
  return { code: 'ARCHIVE_TOO_LARGE', message, hint } as const
}
