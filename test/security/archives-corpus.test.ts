// Every archive of the shared corpus gets its verdict, and so does every hostile one with a good plugin grafted in.
// Where the corpus is missing the test skips, except in CI.

import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { DEFAULT_PACKAGE_LIMITS } from '../../runtime/config/config.ts'
import type { ReadOutcome } from '../../runtime/package/types.ts'
import { readZip } from '../../runtime/package/worker/archive/read-zip.ts'
import { parseManifest } from '../../runtime/package/worker/manifest/manifest-json.ts'
import { graft } from '../support/graft.ts'
import { zipOf } from '../support/zip.ts'
import { record } from './helpers/record.ts'

const CORPUS = fileURLToPath(new URL('../../../shared/corpus/zip/', import.meta.url))
const isMissing = !existsSync(`${CORPUS}expect.json`) && process.env.CI !== 'true'
const skip = isMissing ? 'the shared corpus is not beside the project' : false

const SEED = zipOf({
  'manifest.json': '{"manifestVersion":1,"id":"grafted","name":"Grafted","version":"1.0.0"}',
  'backend/index.js': 'export default { fetch: () => new Response("hello") }\n',
  'frontend/index.html': '<!doctype html><p>hello',
})

/** Sound archives whose manifest is what must be refused. */
const BAD_MANIFEST_ONLY: readonly string[] = [
  'zipdiff/R1-08-manifest-deep.zip',
  'zipdiff/R1-10-manifest-dupkeys.zip',
  'zipdiff/R1-12-manifest-utf16.zip',
  'zipdiff/R1-13-manifest-badutf8.zip',
]
/** Named by the index of the corpus, but not stored in it. */
const NOT_STORED: readonly string[] = ['cpython/archivetestdata/header.sh']
/** Refused with a code of a neighbouring class: see the comment at each. */
const OTHER_CLASS: Readonly<Record<string, string>> = {
  // The comment is longer than the rest of the file: cut off, or ambiguous.
  'go-archive-zip/comment-truncated.zip': 'ARCHIVE_NOT_ZIP',
  'zipfoundation/testArchiveReadErrorConditions.zip': 'ARCHIVE_NOT_ZIP',
  'zip-rs/deflate64_issue_25.zip': 'ARCHIVE_NOT_ZIP',
  // Begin like the first part of a split archive, and have no end.
  'libarchive/libarchive/test/test_read_format_zip_ppmd8_crash_1.zipx': 'ARCHIVE_UNSUPPORTED',
  'libarchive/libarchive/test/test_read_format_zip_ppmd8_crash_2.zipx': 'ARCHIVE_UNSUPPORTED',
  'zip.js/malformed-split-signature.zip': 'ARCHIVE_UNSUPPORTED',
  // Bombs that declare a small size: inflating stops at what they declare.
  'dotnet/System.IO.Compression.TestData/ZipTestData/badzipfiles/tttt.zip': 'ARCHIVE_CORRUPT',
  'zipdiff/R1-06-deflate-lie-small.zip': 'ARCHIVE_CORRUPT',
}

/** Shrink a thousandfold, to less than what counts as a bomb: as tile maps and blank images do. */
const SMALL_BOMBS: readonly string[] = ['libzip/bigzero-zip.zip', 'fifield-zipbomb/single-4MB-ratio1030.zip']

const CLASSES: readonly (readonly [RegExp, string])[] = [
  [/^E_(NOT_ZIP|TRUNCATED)$/, 'ARCHIVE_NOT_ZIP'],
  [
    /^E_(NAME_LONG|NAME_DEPTH|ENTRY_TOO_BIG|TOTAL_TOO_BIG|RATIO|COUNT_TOO_MANY|ARCHIVE_TOO_BIG)$/,
    'ARCHIVE_TOO_LARGE',
  ],
  [
    /^E_(EOCD_|ZIP64_|CD_|HIDDEN|LFH_|OVERLAP|DD_|NAME_UPATH|DUP|FILE_DIR|DIR_|GAP|PREFIX|TRAILING|EXTRA_)/,
    'ARCHIVE_AMBIGUOUS',
  ],
  [/^E_NAME_/, 'ARCHIVE_UNSAFE_PATH'],
  [/^E_(SYMLINK|ENCRYPTED|METHOD|MULTIDISK|SPECIAL)$/, 'ARCHIVE_UNSUPPORTED'],
  [/^E_(CRC|SIZE|DEFLATE|DATA_BOUNDS)/, 'ARCHIVE_CORRUPT'],
]

interface Row {
  readonly file: string
  readonly verdict: string
  /** The error codes that fit the findings of the corpus. */
  readonly expected: readonly string[]
  /** The archive that a grafted one was made from. */
  readonly donor: string | undefined
}

async function rows(): Promise<readonly Row[]> {
  const expectations: unknown = JSON.parse(await readFile(`${CORPUS}expect.json`, 'utf8'))
  assert.ok(typeof expectations === 'object' && expectations !== null)
  return Object.entries(
    expectations as Record<string, { verdict: string; codes: string[]; donor?: string }>,
  ).map(([file, { verdict, codes, donor }]) => ({ file, verdict, expected: codes.map(classOf), donor }))
}

function classOf(code: string): string {
  return CLASSES.find(([pattern]) => pattern.test(code))?.[1] ?? code
}

async function check(row: Row): Promise<ReadOutcome> {
  return readZip(await readFile(CORPUS + row.file), DEFAULT_PACKAGE_LIMITS)
}

/** Links are left out, and are a problem where something names them: see linked-packages.test.ts. */
function codesOf(outcome: ReadOutcome): readonly string[] {
  if (outcome.ok) return outcome.links.length > 0 ? ['ARCHIVE_UNSUPPORTED'] : []
  return outcome.problems.map((problem) => problem.code)
}

function isRead(outcome: ReadOutcome): boolean {
  return outcome.ok && outcome.links.length === 0
}

describe('the corpus of archives', { skip }, () => {
  it('what must be refused is refused, with a code that fits', async () => {
    const wrong: unknown[] = []
    let refused = 0
    for (const row of await rows()) {
      const isPassed = NOT_STORED.includes(row.file) || SMALL_BOMBS.includes(row.file)
      if (row.verdict !== 'reject' || row.donor !== undefined || isPassed) {
        continue
      }
      const outcome = await check(row)
      const codes = codesOf(outcome)
      const other = OTHER_CLASS[row.file]
      const fits =
        other === undefined ? row.expected.some((code) => codes.includes(code)) : codes.includes(other)
      if (isRead(outcome) !== BAD_MANIFEST_ONLY.includes(row.file) || (!isRead(outcome) && !fits)) {
        wrong.push([row.file, row.expected, codes])
      }
      refused += Number(!isRead(outcome))
    }
    assert.deepEqual(wrong, [])
    assert.equal(refused, 622)
    record({
      id: 'Z-reject',
      area: 'archives',
      title: `${refused} hostile archives`,
      culprit: 'refused, each with a code that fits',
    })
  })

  it('what is sound but for its manifest is refused by the manifest', async () => {
    for (const file of BAD_MANIFEST_ONLY) {
      const outcome = readZip(await readFile(CORPUS + file), DEFAULT_PACKAGE_LIMITS)
      assert.ok(outcome.ok, file)
      const manifest = parseManifest(outcome.files.get('manifest.json') ?? new Uint8Array())
      assert.deepEqual(
        manifest.ok ? [] : manifest.problems.map((problem) => problem.code),
        ['MANIFEST_INVALID'],
        file,
      )
    }
  })

  it('what must be accepted is read', async () => {
    const wrong: unknown[] = []
    let accepted = 0
    for (const row of await rows()) {
      if (row.verdict === 'accept') {
        const outcome = await check(row)
        accepted += Number(outcome.ok)
        if (!outcome.ok) {
          wrong.push([row.file, outcome.problems])
        }
      }
    }
    assert.deepEqual(wrong, [])
    assert.equal(accepted, 312)
    record({
      id: 'Z-accept',
      area: 'archives',
      title: `${accepted} odd but sound archives`,
      culprit: 'read: none is culprit',
    })
  })

  it('what may be either is either, with plain files only', async () => {
    let seen = 0
    for (const row of await rows()) {
      if (row.verdict === 'may' && row.donor === undefined) {
        const outcome = await check(row)
        assert.ok(
          outcome.ok || outcome.problems.every((problem) => problem.code.startsWith('ARCHIVE_')),
          row.file,
        )
        seen += 1
      }
    }
    assert.equal(seen, 160)
    record({
      id: 'Z-may',
      area: 'archives',
      title: `${seen} archives of other habits`,
      culprit: 'read whole, or refused as archives',
    })
    assert.equal(Object.hasOwn(Object.prototype, 'polluted'), false)
  })

  it('a good plugin grafted into a hostile archive does not make it good', async () => {
    const wrong: unknown[] = []
    const all = await rows()
    const stored = new Set(all.map((row) => row.file))
    let refused = 0
    for (const row of all) {
      if (row.donor === undefined || SMALL_BOMBS.includes(row.donor)) {
        continue
      }
      const archives = [await readFile(CORPUS + row.file)]
      // A few donors are in the corpus only as what was made from them.
      if (stored.has(row.donor)) {
        const grafted = graft(SEED, await readFile(CORPUS + row.donor))
        assert.ok(grafted, `there is no place for a graft in ${row.donor}`)
        archives.push(Buffer.from(grafted))
      }
      for (const bytes of archives) {
        const outcome = readZip(bytes, DEFAULT_PACKAGE_LIMITS)
        const isByArchive = codesOf(outcome).every((code) => code.startsWith('ARCHIVE_'))
        if (!isByArchive || (row.verdict === 'reject' && isRead(outcome))) {
          wrong.push([row.file, codesOf(outcome)])
        }
        refused += Number(row.verdict === 'reject' && !isRead(outcome))
      }
    }
    assert.deepEqual(wrong, [])
    assert.equal(refused, 417 + 410)
    record({
      id: 'Z-graft',
      area: 'archives',
      title: `${refused} hostile archives with a good plugin inside`,
      culprit: 'refused for the archive',
    })
  })
})
