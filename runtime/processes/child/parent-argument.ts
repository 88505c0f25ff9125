// The last argument of a child outside a jail: the process id of the runtime. A child that looked its parent up itself might be too
// late, and would never learn that the runtime has died meanwhile.

const NAME = '--parent='

export function parentArgument(pid: number): string {
  return NAME + pid
}

/** Undefined in a jail, where the runtime is not visible. */
export function parentIn(args: readonly string[]): number | undefined {
  const last = args.at(-1)
  return last?.startsWith(NAME) === true ? Number(last.slice(NAME.length)) : undefined
}
