// The package process: checks one package at a time, and replies with a report.
// esbuild runs as a child of this process, which is why it may start processes.

import { confineProcess } from '../../processes/child/confine.ts'
import { serveWorker } from '../../processes/child/serve-worker.ts'
import type { PackageLimits, PackageReply, PackageSource } from '../types.ts'
import { checkPackage } from './check-package.ts'
import { linkBackend } from './link/link.ts'
import { createManifestCheck } from './manifest/check-manifest.ts'

interface Job {
  readonly source: PackageSource
  readonly limits: PackageLimits
  readonly staging?: string
  readonly zip?: string
  readonly compress: boolean
}

const checkManifest = createManifestCheck()

// Loads esbuild and compiles the schema before the first package arrives.
const warmUp = new Map([
  ['manifest.json', Buffer.from('{}')],
  ['index.js', Buffer.from('export default {}')],
])
checkManifest(warmUp)
await linkBackend(warmUp, { entry: 'index.js', maxCodeBytes: 10_000 })

serveWorker(async (head) => {
  const { source, limits, staging, zip, compress } = head as Job
  let isSpent = false
  const report = await checkPackage(source, {
    limits,
    compress,
    checkManifest,
    onLinkerEnd: () => {
      isSpent = true
    },
    ...(staging !== undefined && { staging }),
    ...(zip !== undefined && { zip }),
  })
  return { head: { report, isSpent } satisfies PackageReply }
})

confineProcess()
