// The environment of a container engine: what it needs, and nothing else of the server's, whose variables may be secrets.

const PASSED = ['PATH', 'HOME', 'XDG_RUNTIME_DIR', 'DOCKER_HOST', 'CONTAINER_HOST'] as const

export function engineEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string | undefined>> {
  // Its messages are shown to operators, and read for the number of the step.
  return { ...Object.fromEntries(PASSED.map((name) => [name, environment[name]])), LC_ALL: 'C' }
}
