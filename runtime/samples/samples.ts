// The sample plugins: installed into a new data folder like any upload. An uninstalled one stays away.

import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Store } from '../../plugin-store/store.ts'
import type { Manifest } from '../../sdk/manifest/manifest.ts'
import { isCheckout } from '../bundles/code-root.ts'
import { PlugbayError } from '../errors.ts'
import type { SamplePackages } from '../http/api/services.ts'
import type { Plugins } from '../lifecycle/plugins.ts'
import type { Log } from '../log.ts'
import type { PackageSource } from '../package/types.ts'
import { folderSource, SAMPLES } from './folder-source.ts'
import { installedPackages } from './installed-packages.ts'

/** They exceed limits on purpose: an operator enables them. */
const MISBEHAVING: ReadonlySet<string> = new Set(['greedy-plugin'])
/** It reads and replaces all data of the server: an operator enables it, and says what it may. */
const UNGRANTED: ReadonlySet<string> = new Set(['usb-backup'])

/** The folders that the package process must be able to read to install the samples. */
export async function sampleFolders(): Promise<readonly string[]> {
  const ids = isCheckout() ? await sampleIds() : []
  const packages = ids.flatMap((id) => Object.values(installedPackages(join(SAMPLES, id))))
  return [...new Set([SAMPLES, ...packages])]
}

/** Installs samples that were never here. One that cannot be installed is logged; the server starts all the same. */
export async function installSamples({ plugins, store, log }: SampleHost): Promise<void> {
  for (const id of await sampleIds()) {
    if ((await store.catalog.get(id)) !== undefined || (await store.catalog.wasUninstalled(id))) continue
    try {
      await plugins.upload(await sourceOf(id), {
        actor: 'system',
        enable: !MISBEHAVING.has(id) && !UNGRANTED.has(id),
        grant: UNGRANTED.has(id) ? 'none' : 'all',
      })
    } catch (error) {
      const problems = error instanceof PlugbayError ? error.problems : []
      log.error({ sample: id, error: String(error), problems }, 'a sample plugin could not be installed')
    }
  }
}

/** For an administrator who installs one. */
export const SAMPLE_PACKAGES: SamplePackages = {
  ids: sampleIds,
  misbehaves: (id) => MISBEHAVING.has(id),
  source: sourceOf,
}

interface SampleHost {
  readonly plugins: Plugins
  readonly store: Store
  readonly log: Log
}

/** Sorted, without those that are made for an application. Empty where a package was built without samples. */
export async function sampleIds(): Promise<readonly string[]> {
  const names = existsSync(SAMPLES) ? (await readdir(SAMPLES)).sort() : []
  if (!isCheckout()) return names.filter((name) => name.endsWith('.zip')).map((name) => name.slice(0, -4))
  const here = await Promise.all(names.map(async (name) => ((await isForServers(name)) ? [name] : [])))
  return here.flat()
}

/** Whether the folder is a plugin that the server runs, too, and not for an application of its own. */
async function isForServers(name: string): Promise<boolean> {
  const path = join(SAMPLES, name, 'manifest.json')
  if (!existsSync(path)) return false
  const { engines } = JSON.parse(await readFile(path, 'utf8')) as Pick<Manifest, 'engines'>
  return engines?.host === undefined
}

async function sourceOf(id: string): Promise<PackageSource> {
  if (isCheckout()) return await folderSource(join(SAMPLES, id))
  return { kind: 'zip', path: join(SAMPLES, `${id}.zip`) }
}
