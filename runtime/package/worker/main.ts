// The package process: takes one package at a time, answers with a report.
// Not confined by confineProcess(): esbuild is started and ended as a child of this process.

import { serveWorker } from '../../processes/inside/serve-worker.ts'
import type { PackageLimits, PackageSource } from '../types.ts'
import { checkPackage } from './check-package.ts'

interface Job {
  readonly source: PackageSource
  readonly limits: PackageLimits
  readonly staging?: string
}

serveWorker(async (head) => {
  const { source, limits, staging } = head as Job
  return { head: await checkPackage(source, { limits, ...(staging !== undefined && { staging }) }) }
})
