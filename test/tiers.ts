// Which tests are slow, and why. `npm test` runs the others; what is slow is run by `npm run test:all`, and so by CI.
// Invariant: a test is quick unless it stands here.

export const SLOW_TESTS: readonly { readonly path: string; readonly why: string }[] = [
  { path: 'test/admin-ui/', why: 'drives Chromium' },
  { path: 'test/browser/', why: 'drives Chromium' },
  { path: 'test/build-package.test.ts', why: 'builds and installs the package' },
  { path: 'test/cli/server.test.ts', why: 'starts and ends servers' },
  { path: 'test/compatibility/', why: 'runs public packages' },
  { path: 'test/data/data-cursors.test.ts', why: 'sorts more than memory may hold' },
  { path: 'test/data/data-processes.test.ts', why: 'ends processes' },
  { path: 'test/dev/dev-server.test.ts', why: 'waits for saved files' },
  { path: 'test/durability/', why: 'kills processes' },
  { path: 'test/flows/', why: 'waits for real deadlines' },
  { path: 'test/hardware/', why: 'boots a machine with USB devices' },
  { path: 'test/http/backend/failures.test.ts', why: 'waits for real deadlines' },
  { path: 'test/http/backend/uploads.test.ts', why: 'waits for real deadlines' },
  { path: 'test/http/pages/browser.test.ts', why: 'drives Chromium' },
  { path: 'test/http/sockets/life.test.ts', why: 'waits for real deadlines' },
  { path: 'test/isolate/guest/env/fetch.test.ts', why: 'waits for real deadlines' },
  { path: 'test/lifecycle/commands/handler-deadlines.test.ts', why: 'waits for real deadlines' },
  { path: 'test/lifecycle/commands/handlers.test.ts', why: 'starts a runtime for each of its cases' },
  { path: 'test/lifecycle/commands/plugin-data.test.ts', why: 'moves large snapshots' },
  { path: 'test/lifecycle/evidence/quarantine.test.ts', why: 'waits for real deadlines' },
  { path: 'test/lifecycle/prepare/precompression.test.ts', why: 'waits for the second compression' },
  { path: 'test/performance/', why: 'puts servers under load' },
  { path: 'test/sandbox/crash.test.ts', why: 'ends processes' },
  { path: 'test/sandbox/limits.test.ts', why: 'waits for real deadlines' },
  { path: 'test/sandbox/queue.test.ts', why: 'puts plugins under load' },
  { path: 'test/sandbox/quotas.test.ts', why: 'uses quotas up' },
  { path: 'test/sandbox/shared.test.ts', why: 'waits for processes to be given back' },
  { path: 'test/sandbox/swap.test.ts', why: 'waits for real deadlines' },
  { path: 'test/security/', why: 'runs attacks to their end' },
]

export function isSlow(file: string): boolean {
  return SLOW_TESTS.some(({ path }) => file.startsWith(path))
}
