// The container images of plugins: which there are, and the tasks that build, push and pull them.
// Invariants: each command is given by an administrator, for an image of a plugin that serves and has the grant, under a tag that is the
// name of an image. All of this is looked up when the task runs, too.

import { lstat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Actor, AuditLog } from '../../plugin-store/store.ts'
import type { ImageRequest, ImageTask, ImageView } from '../../sdk/api/images.ts'
import { parseReference } from '../../sdk/manifest/image-reference.ts'
import { didYouMean } from '../../sdk/text/did-you-mean.ts'
import type { ImagesConfig } from '../config/config.ts'
import { type DeclaredImage, declaredImages, type ImageUse } from '../contributions/images.ts'
import type { ServingPlugin } from '../contributions/live-plugin.ts'
import { PlugbayError, type Problem } from '../errors.ts'
import type { BackgroundTasks, DefinedTask } from '../tasks/background-tasks.ts'
import type { ServerRun } from '../tasks/server-tasks.ts'
import { findEngine } from './find-engine.ts'
import { buildImage, type EngineRunParts, transferImage } from './run-engine.ts'

export interface ImagesParts {
  readonly config: ImagesConfig
  /** All that serve, in order. */
  readonly plugins: () => readonly ServingPlugin[]
  /** Renders tags with the values of now, by their keys; those that are not in the result have a problem. */
  readonly render: (tags: Readonly<Record<string, OwnedTag>>) => Promise<RenderedTags>
  /** Absolute path of the folder with what is rendered from the templates of a plugin; null for a host without templates. */
  readonly outputOf: (pluginId: string) => string | null
  readonly tasks: Pick<BackgroundTasks, 'define'>
  readonly audit: Pick<AuditLog, 'append'>
  /** Of the server. */
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Absolute path of a folder for files that live as long as a command. */
  readonly staging: string
}

export interface OwnedTag {
  readonly text: string
  /** Id of the plugin. */
  readonly owner: string
}

export interface RenderedTags {
  readonly texts: ReadonlyMap<string, string>
  readonly problems: readonly { readonly message: string; readonly file?: string }[]
}

export type ImageVerb = 'build' | 'push' | 'pull'

interface TaskArgs {
  readonly plugin: string
  readonly name: string
  readonly noCache: boolean
  readonly args: readonly string[]
}

interface Image extends DeclaredImage {
  /** null: see `problem`. */
  readonly rendered: string | null
}

const USE = { build: 'build', push: 'remote', pull: 'remote' } as const satisfies Record<ImageVerb, ImageUse>
const ALL = 'all'

export class Images {
  readonly #parts: ImagesParts
  readonly #tasks: Readonly<Record<ImageVerb, DefinedTask<TaskArgs>>>

  constructor(parts: ImagesParts) {
    this.#parts = parts
    const define = (verb: ImageVerb) =>
      parts.tasks.define<TaskArgs, unknown>({
        name: `images.${verb}`,
        deadlineSeconds: parts.config.timeoutMinutes * 60,
        run: (args, run) => this.#run(verb, args, run),
      })
    this.#tasks = { build: define('build'), push: define('push'), pull: define('pull') }
  }

  async list(): Promise<readonly ImageView[]> {
    return (await this.#images()).map(({ name, use, plugin, rendered, problem }) => ({
      ...{ name, use, plugin: plugin.id, tag: rendered, problem: problem ?? null },
    }))
  }

  /**
   * Schedules a task for each image. @throws PlugbayError IMAGE_UNKNOWN, or the problem of an image that is named; "all" leaves those out
   */
  async ask(verb: ImageVerb, request: ImageRequest, actor: Actor): Promise<readonly ImageTask[]> {
    const { names, noCache = false, args = {} } = request
    const images = (await this.#images()).filter(({ use }) => use === USE[verb])
    const wanted = names.includes(ALL)
      ? images.filter(({ problem }) => problem === undefined)
      : [...new Set(names)].map((name) => this.#named(verb, name, images))
    const given = Object.entries(args).map(([name, value]) => `${name}=${value}`)
    const tasks: ImageTask[] = []
    for (const image of wanted) {
      const { name, plugin } = image
      const tag = usable(image)
      const startedBy = { kind: 'user', name: typeof actor === 'string' ? actor : actor.name } as const
      const { id } = await this.#tasks[verb].schedule(
        { plugin: plugin.id, name, noCache, args: given },
        { startedBy },
      )
      await this.#parts.audit.append(plugin.id, {
        actor,
        action: `images.${verb}`,
        detail: { name, tag, task: id },
      })
      tasks.push({ name, plugin: plugin.id, tag, task: id })
    }
    return tasks
  }

  #named(verb: ImageVerb, name: string, images: readonly Image[]): Image {
    const found = images.filter((image) => image.name === name)
    const image = found.find(({ problem }) => problem?.code !== 'IMAGE_CONFLICT') ?? found[0]
    if (image !== undefined) {
      usable(image)
      return image
    }
    const known = [...new Set(images.map((each) => each.name))].sort()
    const meant = didYouMean(name, known)
    const there = known.length === 0 ? 'there are none' : `there are: ${known.join(', ')}`
    throw new PlugbayError(
      'IMAGE_UNKNOWN',
      `There is no image "${name}" to ${verb}; ${meant === undefined ? there : `did you mean "${meant}"? ${there}`}`,
    )
  }

  async #run(verb: ImageVerb, wanted: TaskArgs, run: ServerRun): Promise<unknown> {
    const { config, environment, staging } = this.#parts
    const image = (await this.#images()).find(
      ({ use, name, plugin }) => use === USE[verb] && name === wanted.name && plugin.id === wanted.plugin,
    )
    if (image === undefined)
      throw new PlugbayError('IMAGE_UNKNOWN', `"${wanted.plugin}" has no image "${wanted.name}" any more`)
    const tag = usable(image)
    const found = await findEngine(config, environment)
    run.log.info(`${verb} "${tag}" of plugin "${wanted.plugin}": ${found.reason}`)
    const parts: EngineRunParts = { found, config, environment, staging }
    if (verb !== 'build') {
      await transferImage(verb, tag, { parts, run })
      return { tag }
    }
    const { noCache, args } = wanted
    const id = await buildImage({ context: await this.#contextOf(image), tag, noCache, args }, parts, run)
    run.log.info(`The image is ${id}`)
    return { tag, id }
  }

  async #contextOf({ name, plugin }: DeclaredImage): Promise<string> {
    const output = this.#parts.outputOf(plugin.id)
    if (output === null)
      throw new PlugbayError(
        'IMAGE_INVALID',
        'The application renders no templates, so there is nothing to build from',
      )
    const context = join(output, 'build', name)
    const file = join(context, 'Dockerfile')
    const found = await lstat(file).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined
      throw error
    })
    if (found?.isFile() !== true)
      throw new PlugbayError(
        'IMAGE_INVALID',
        `"${file}" is not there: the templates of "${plugin.id}" were not rendered, or have a problem`,
      )
    return context
  }

  async #images(): Promise<readonly Image[]> {
    const declared = declaredImages(this.#parts.plugins())
    const keys = new Map(declared.map((image) => [image, `${image.use} ${image.plugin.id} ${image.name}`]))
    const tags = Object.fromEntries(
      [...keys].map(([{ tag, plugin }, key]) => [key, { text: tag, owner: plugin.id }]),
    )
    const { texts, problems } = declared.length === 0 ? NOTHING : await this.#parts.render(tags)
    const built = new Map<string, string>()
    return declared.map((image): Image => {
      const key = keys.get(image) ?? ''
      const text = texts.get(key)
      const fault =
        text === undefined
          ? (problems.find(({ file }) => file === key)?.message ?? 'it could not be rendered')
          : faultOf(image, text)
      if (text === undefined || fault !== undefined)
        return { ...image, rendered: null, problem: image.problem ?? invalid(image, fault ?? '') }
      const { use, problem, plugin } = image
      const other = use === 'build' && problem === undefined ? built.get(text) : undefined
      if (use === 'build' && problem === undefined && other === undefined) built.set(text, plugin.id)
      return {
        ...image,
        rendered: text,
        problem: other === undefined ? problem : sameTag(image, text, other),
      }
    })
  }
}

const NOTHING: RenderedTags = { texts: new Map(), problems: [] }

function invalid({ name, plugin }: DeclaredImage, fault: string): Problem {
  return { code: 'IMAGE_INVALID', message: `The tag of the image "${name}" of "${plugin.id}": ${fault}` }
}

/** The image that was built last would take the place of the other one. */
function sameTag({ name, plugin }: DeclaredImage, tag: string, owner: string): Problem {
  return {
    code: 'IMAGE_CONFLICT',
    message: `"${tag}" is built by "${owner}" already, so the image "${name}" of "${plugin.id}" is not`,
    hint: 'Change a value that is part of the tag, or disable one of them',
  }
}

/** Why a rendered tag is none. */
function faultOf({ use }: DeclaredImage, text: string): string | undefined {
  const reference = parseReference(text)
  if (reference === undefined) return `"${text.slice(0, 100)}" is not the name of an image`
  return use === 'build' && reference.digest !== null
    ? 'an image that is built has no digest before'
    : undefined
}

/** Its tag. @throws PlugbayError with the problem of the image */
function usable({ rendered, problem }: Image): string {
  if (problem === undefined && rendered !== null) return rendered
  const { code, message } = problem ?? { code: 'IMAGE_INVALID' as const, message: undefined }
  throw new PlugbayError(code, message, { problems: problem === undefined ? [] : [problem] })
}
