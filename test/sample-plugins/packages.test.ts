import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { openPackageTool } from '../../runtime/cli/package-tool.ts'
import type { PackageTool } from '../../runtime/cli/parts.ts'
import { DEFAULT_PACKAGE_LIMITS } from '../../runtime/config/config.ts'

const samples = fileURLToPath(new URL('../../sample-plugins/', import.meta.url))
const ids = readdirSync(samples, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name)
  .sort()

describe('every sample plugin', () => {
  let tool: PackageTool
  before(async () => {
    tool = await openPackageTool()
  })
  after(() => tool.close())

  it('is one of these, and the index names it', () => {
    assert.deepEqual(ids, ['example-plugin', 'greedy-plugin', 'guestbook', 'notes', 'usb-inspector'])
    const index = readFileSync(join(samples, 'README.md'), 'utf8')
    for (const id of ids) assert.ok(index.includes(`[${id}](${id}/)`), id)
  })

  for (const id of ids) {
    it(`${id} passes every check without a warning, with its metadata and a README`, async () => {
      const report = await tool.check(
        { kind: 'folder', path: join(samples, id) },
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

    it(`${id} names nothing outside itself`, () => {
      const folder = join(samples, id, 'frontend')
      const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
        entry.isFile(),
      )
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
