// Linking a hostile package touches no file of the machine but its own archive: the kernel's own record of every call that takes a
// path, of the package process and of esbuild, says so. Class: a library that touches the file system by itself.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { PackageReport } from '../../../runtime/package/types.ts'
import { JAIL } from '../../support/jail.ts'
import { pluginFiles, temporaryFolder } from '../../support/runtime.ts'
import { zipOf } from '../../support/zip.ts'
import { record } from '../helpers/record.ts'
import { HOSTILE } from './hostile-packages.ts'

const PROGRAM = fileURLToPath(new URL('./traced.ts', import.meta.url))
const SECRET = 'a secret of the machine'
const STRACE = 'strace'
/** What Go and Node read now and then, whatever they do: limits of control groups, their own figures, the frequency of the processor. */
const OWN = /^\/(?:proc\/self|sys\/fs\/cgroup|sys\/kernel\/mm|sys\/devices\/system\/cpu)\//
const hasStrace = spawnSync(STRACE, ['-V']).status === 0
assert.ok(hasStrace || process.env.CI !== 'true', 'CI needs strace')

for (const place of JAIL.kind === 'bwrap' ? ['no jail', 'jail'] : ['no jail']) {
  const options = hasStrace ? {} : { skip: 'strace is not installed' }
  test(`a hostile package makes esbuild look at no file of the machine, in ${place}`, options, async (t) => {
    const folder = await temporaryFolder(t)
    const [staging, secrets] = [join(folder, 'staging'), join(folder, 'secrets')]
    await mkdir(staging)
    await mkdir(secrets)
    const hidden = { version: 3, sources: ['a'], sourcesContent: [SECRET], names: [], mappings: 'AAAA' }
    await writeFile(join(secrets, 'secret.map'), JSON.stringify(hidden))
    await writeFile(join(secrets, 'secret'), SECRET)
    await writeFile(join(secrets, 'a.js'), `export default '${SECRET}'`)
    const cases = Object.entries(HOSTILE).map(([name, sources], index) => ({
      name,
      sources,
      zip: `${index}.zip`,
    }))
    for (const { sources, zip } of cases) {
      const files = Object.entries(sources).map(([path, text]) => [
        path,
        text.replaceAll('FOLDER', secrets.slice(1)),
      ])
      await writeFile(
        join(staging, zip),
        zipOf(pluginFiles({ id: 'hostile', files: Object.fromEntries(files) })),
      )
    }

    const { reports, touched } = await trace(folder, [
      staging,
      place,
      `import(\`./${secrets.slice(1)}/\${x}\`)`,
    ])
    assert.deepEqual(touched.get('bare')?.has(secrets), true, 'esbuild without our walls looks at the folder')
    for (const { name, zip } of cases) {
      assert.deepEqual([...(touched.get(zip) ?? [])], [join(staging, zip)], name)
      assert.ok(reports[zip], name)
      assert.doesNotMatch(JSON.stringify(reports[zip]), new RegExp(SECRET), name)
    }
    record({
      id: `L-files-${place.replace(' ', '-')}`,
      area: 'linking',
      title: `${cases.length} packages that make esbuild read files`,
      culprit: 'calls of the system on paths: 1 each, its own archive',
    })
  })
}

interface Traced {
  readonly reports: Readonly<Record<string, PackageReport>>
  /** Paths by the mark before them. */
  readonly touched: ReadonlyMap<string, ReadonlySet<string>>
}

/** Every call that takes a path, and every listing of a folder, of all processes that the program starts. */
async function trace(folder: string, args: readonly string[]): Promise<Traced> {
  const output = join(folder, 'trace')
  const strace = ['-f', '-qq', '-s', '4096', '-e', 'signal=none', '-e', 'trace=%file', '-o', output]
  const { status, stdout, stderr } = spawnSync(STRACE, [...strace, process.execPath, PROGRAM, ...args], {
    encoding: 'utf8',
    timeout: 240_000,
    maxBuffer: 50_000_000,
  })
  assert.equal(status, 0, stderr)
  const touched = new Map<string, Set<string>>()
  let mark = 'start'
  let runtime: string | undefined
  for (const line of (await readFile(output, 'utf8')).split('\n')) {
    const [, pid, call, path] = /^(\d+) +(\w+)\([^"]*"((?:[^"\\]|\\.)*)"/.exec(line) ?? []
    // Its own folder's name, and a file that is open.
    if (path === undefined || path === '' || call === 'getcwd' || OWN.test(path)) continue
    if (path.startsWith('/mark/')) {
      mark = path.slice('/mark/'.length)
      runtime = pid
    } else if (pid !== runtime || mark === 'bare')
      touched.set(mark, (touched.get(mark) ?? new Set()).add(path))
  }
  return { reports: JSON.parse(stdout), touched }
}
