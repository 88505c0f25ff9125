// The sample platform with the sample plugin, in a folder of its own, with buildah and a registry.

import { readdirSync, readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import type { GivenConfig } from '../../../runtime/config/config.ts'
import type { Runtime } from '../../../runtime/runtime.ts'
import { platform } from '../../../sample-plugins/platform/platform.ts'
import { buildahIn, removeImages } from '../../support/registry.ts'
import { startTestRuntime, temporaryFolder, until, upload } from '../../support/runtime.ts'
import type { Scope } from '../../support/scope.ts'
import { zipOf } from '../../support/zip.ts'

export const PLUGIN = join(import.meta.dirname, '../../../sample-plugins/platform-redis')

export interface PlatformBench {
  readonly runtime: Runtime
  readonly output: string
  readonly images: NonNullable<GivenConfig['images']>
  /** A rendered file of now. */
  text(path: string): Promise<string>
}

export async function startPlatform(t: Scope, registry = 'registry.example.org'): Promise<PlatformBench> {
  const folder = await temporaryFolder(t)
  const images = buildahIn(join(folder, 'store'), [registry])
  t.after(async () => removeImages(images))
  const output = join(folder, 'env')
  const runtime = await startTestRuntime(t, {
    host: platform({ output, scripts: 'shell' }),
    config: { data: join(folder, 'data'), images },
  })
  return {
    ...{ output, images },
    runtime: runtime as unknown as Runtime,
    text: (path) => readFile(join(output, path), 'utf8'),
  }
}

/** Uploads the sample plugin as it is in its folder, but for the files that are given. */
export async function installSample(
  { runtime }: Pick<PlatformBench, 'runtime'>,
  files: Readonly<Record<string, string>> = {},
): Promise<Response> {
  const entries = readdirSync(PLUGIN, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => {
      const path = join(parentPath, name)
      return [relative(PLUGIN, path), new Uint8Array(readFileSync(path))] as const
    })
  return await upload(runtime, new Uint8Array(zipOf({ ...Object.fromEntries(entries), ...files })))
}

/** Waits until a rendered file has, or has not, what is looked for. */
export async function rendered(
  bench: PlatformBench,
  path: string,
  isSo: (text: string) => boolean,
): Promise<string> {
  return await until(`"${path}" is rendered so`, async () => {
    const text = await bench.text(path).catch(() => '')
    return isSo(text) ? text : undefined
  })
}
