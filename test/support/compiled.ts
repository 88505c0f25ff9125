// What Node is started with for a process that loads the runtime from its sources.

/** Compiling it each time takes half of a start. */
export const COMPILED: readonly string[] = [
  '--import',
  import.meta.resolve('../../runtime/cli/compile-cache.ts'),
]
