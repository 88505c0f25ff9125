import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { openPackageTool } from '../../runtime/cli/package-tool.ts'
import type { PackageTool } from '../../runtime/cli/parts.ts'
import { DEFAULT_PACKAGE_LIMITS } from '../../runtime/config/config.ts'

const samples = fileURLToPath(new URL('../../sample-plugins/', import.meta.url))

interface Sample {
  readonly id: string
  /** Relative to the samples. A plugin in several releases has a folder for each. */
  readonly folder: string
}

const foldersIn = (path: string) =>
  readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort()
const isPackage = (folder: string) => existsSync(join(samples, folder, 'manifest.json'))
const found: readonly Sample[] = foldersIn(samples).flatMap((id) =>
  [id, ...foldersIn(join(samples, id)).map((release) => `${id}/${release}`)]
    .filter(isPackage)
    .map((folder) => ({ id, folder })),
)

describe('every sample plugin', () => {
  let tool: PackageTool
  before(async () => {
    tool = await openPackageTool()
  })
  after(() => tool.close())

  it('is one of these, and the index names it', () => {
    const folders = found.map(({ folder }) => folder)
    assert.deepEqual(folders, [
      'community-board',
      'engagement-reports/1.0.0',
      'example-plugin',
      'greedy-plugin',
      'guestbook',
      'media-tools',
      'notes',
      'photos',
      'platform-redis',
      'school-pack/1.0.0',
      'school-pack/2.0.0',
      'usb-backup',
      'usb-inspector',
    ])
    const index = readFileSync(join(samples, 'README.md'), 'utf8')
    for (const { id } of found) assert.ok(index.includes(`[${id}](${id}/)`), id)
  })

  for (const { id, folder } of found) {
    it(`${folder} passes every check without a warning, with its metadata and a README`, async () => {
      const report = await tool.check(
        { kind: 'folder', path: join(samples, folder) },
        { limits: DEFAULT_PACKAGE_LIMITS },
      )
      assert.deepEqual(report.problems, [])
      assert.deepEqual(report.warnings, [])
      assert.deepEqual(report.notYetActive, [])
      const manifest = report.manifest as Record<string, unknown>
      assert.equal(manifest.id, id)
      for (const key of [
        'name',
        'version',
        'description',
        'author',
        'license',
        'icon',
        'engines',
        'access',
      ]) {
        assert.ok(Object.hasOwn(manifest, key), key)
      }
      assert.match(readFileSync(join(samples, id, 'README.md'), 'utf8'), /^# /)
    })

    it(`${folder} names nothing outside itself`, () => {
      const frontend = join(samples, folder, 'frontend')
      const files = existsSync(frontend)
        ? readdirSync(frontend, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
        : []
      for (const file of files) {
        const text = readFileSync(join(file.parentPath, file.name), 'utf8').replaceAll(
          'http://www.w3.org/',
          '',
        )
        assert.doesNotMatch(text, /https?:\/\/|localStorage|(?:src|href)="\/|fetch\(['"`]\//, file.name)
      }
    })
  }
})
