// What the program of a container engine is asked for. An engine is one file here; all have the same shape.
// Invariant: arguments are a list, no text of a plugin begins one, and "--" stands before what an engine takes by its place.

export type EngineName = 'podman' | 'docker' | 'buildah'

export interface ImageEngine {
  readonly name: EngineName
  /** Arguments of a quick command that succeeds when images can be made. */
  readonly probe: readonly string[]
  build(build: ImageBuild): readonly string[]
  push(transfer: ImageTransfer): readonly string[]
  pull(transfer: ImageTransfer): readonly string[]
}

export interface ImageBuild {
  /** Absolute path of a folder with a Dockerfile. */
  readonly context: string
  readonly tag: string
  /** Absolute path of the file that gets the identity of the image. */
  readonly iidFile: string
  readonly noCache: boolean
  /** "KEY=VALUE" */
  readonly args: readonly string[]
  /** The operator's own arguments. */
  readonly extra: readonly string[]
}

export interface ImageTransfer {
  readonly tag: string
  /** Its registry speaks HTTP, or its certificate is not trusted. */
  readonly isInsecure: boolean
  readonly extra: readonly string[]
}

/** The part of "build" that all engines have in common. */
export function buildArguments({
  context,
  tag,
  iidFile,
  noCache,
  args,
  extra,
}: ImageBuild): readonly string[] {
  return [
    'build',
    ...extra,
    ...(noCache ? ['--no-cache'] : []),
    ...args.map((arg) => `--build-arg=${arg}`),
    `--iidfile=${iidFile}`,
    `--file=${context}/Dockerfile`,
    `--tag=${tag}`,
    '--',
    context,
  ]
}
