// Opens the store of a data folder: lock, folders, database, sweep; and closes them in reverse order.
// Invariant: the holder of a Store is the only runtime on that folder.

import { access, constants, mkdir } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { createArtifacts, makeFolders } from './artifacts.ts'
import { createAuditLog } from './audit-log.ts'
import { createCatalog } from './catalog.ts'
import { type Engine, openEngine } from './database/engine.ts'
import { applyPendingStore } from './database/pending-restore.ts'
import { createDeliveryStore } from './deliveries/create-delivery-store.ts'
import { createDeviceChoices } from './device-choices.ts'
import { type FolderLock, lockFolder } from './folder-lock.ts'
import { createInitRuns } from './init-runs.ts'
import { createMenuTitleStore } from './menu-titles.ts'
import { createOrderStore } from './orders.ts'
import { createPaths } from './paths.ts'
import { createPermissionUses } from './permission-uses.ts'
import { createPrincipals } from './principals.ts'
import { createQuarantines } from './quarantines.ts'
import { createReplacements } from './replacements.ts'
import { sealClearText } from './sealed-settings.ts'
import { openVault, type SecretVault } from './secret-vault.ts'
import { createSettingsStore } from './settings-store.ts'
import type { Store } from './store.ts'
import { codeOf, StoreError, toStoreError } from './store-error.ts'
import { createTaskStore } from './tasks/create-task-store.ts'
import { createValuesStore } from './values-store.ts'

export interface StoreOptions {
  /** The clock: milliseconds since the epoch. `Date.now` by default. */
  readonly now?: () => number
  /** Path of the file with the key of the secrets; `<folder>/secrets.key` by default. */
  readonly keyFile?: string
  /** Whether a write is flushed to disk before it resolves, so that a power cut loses nothing; default true. */
  readonly flush?: boolean
  /** Called for failures that do not stop the store: leftovers that remain, a "last used" that was not written. */
  readonly warn?: (message: string, error: unknown) => void
}

/**
 * Opens the store. Creates a missing data folder (mode 0700), and removes the leftovers of an interrupted install.
 * @param folder the data folder
 * @throws StoreError STORE_LOCKED when another runtime uses it; STORE_NEWER; STORE_FULL, STORE_READ_ONLY, FILE_UNUSABLE; else INTERNAL
 */
export async function openStore(folder: string, options: StoreOptions = {}): Promise<Store> {
  const root = resolve(folder)
  await makeWritable(root)
  const lock = await lockFolder(root)
  let engine: Engine | undefined
  try {
    const paths = createPaths(root)
    await makeFolders(paths)
    await applyPendingStore(paths)
    engine = await openEngine(paths.database, { flush: options.flush ?? true })
    const vault = await openVault({
      engine,
      keyFile: resolve(options.keyFile ?? join(root, 'secrets.key')),
      now: options.now ?? Date.now,
      warn: options.warn ?? (() => undefined),
    })
    const store = assemble({ root, lock, engine, paths, vault }, options)
    await store.artifacts.sweep()
    return store
  } catch (error) {
    await engine?.close()
    lock.release()
    throw toStoreError(error, `Cannot open the data folder "${root}"`)
  }
}

async function makeWritable(root: string): Promise<void> {
  try {
    await mkdir(root, { recursive: true, mode: 0o700 })
  } catch (error) {
    const doing = `Cannot make the data folder "${root}"`
    // A parent of the folder is a file.
    if (codeOf(error) === 'ENOTDIR' || codeOf(error) === 'EEXIST')
      throw new StoreError('FILE_UNUSABLE', `${doing}: it is a file, or lies below one`, error)
    // mkdir() fails with ENOENT on a read-only disk.
    await assertWritable(await nearestExisting(dirname(root)), doing)
    throw toStoreError(error, doing)
  }
  // SQLite would only report that it cannot open a file.
  await assertWritable(root, `Cannot write to the data folder "${root}"`)
}

async function assertWritable(folder: string, doing: string): Promise<void> {
  try {
    await access(folder, constants.W_OK | constants.X_OK)
  } catch (error) {
    throw toStoreError(error, doing)
  }
}

async function nearestExisting(folder: string): Promise<string> {
  const parent = dirname(folder)
  if (parent === folder) return folder
  return (await access(folder).then(
    () => true,
    () => false,
  ))
    ? folder
    : nearestExisting(parent)
}

interface Parts {
  readonly root: string
  readonly lock: FolderLock
  readonly engine: Engine
  readonly paths: ReturnType<typeof createPaths>
  readonly vault: SecretVault
}

function assemble(parts: Parts, options: StoreOptions): Store {
  const { root, lock, engine, paths, vault } = parts
  const now = options.now ?? Date.now
  const warn = options.warn ?? (() => undefined)
  const catalog = createCatalog({
    engine,
    now,
    async onRelease(db, pluginId) {
      if ((await sealClearText(db, vault.ring, pluginId)) > 0) await engine.markUnclean(db)
    },
    async afterRelease() {
      // The release is stored; what is left of a value is removed at the next start at the latest.
      await engine.clean().catch((error: unknown) => warn('Cannot clean the store of deleted values', error))
    },
  })
  return {
    folder: root,
    paths,
    catalog,
    settings: createSettingsStore({ engine, now, vault }),
    initRuns: createInitRuns(engine),
    values: createValuesStore({ engine, now, vault }),
    orders: createOrderStore(engine, now),
    menuTitles: createMenuTitleStore(engine, now),
    permissionUses: createPermissionUses(engine),
    deviceChoices: createDeviceChoices(engine, now),
    replacements: createReplacements({ engine, now, vault }),
    secrets: vault,
    quarantines: createQuarantines(engine, now),
    audit: createAuditLog(engine, now),
    principals: createPrincipals(engine, { now, warn }),
    tasks: createTaskStore(engine),
    deliveries: createDeliveryStore(engine),
    artifacts: createArtifacts({ paths, inUse: catalog.artifactsInUse, flush: options.flush ?? true, warn }),
    async close() {
      await engine.close()
      lock.release()
    },
  }
}
