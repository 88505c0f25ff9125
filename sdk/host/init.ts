// How the application is set up: its own steps, and the runner of plugins' scripts.

export interface InitScript {
  /** Id of the plugin that brought the script: its text is hostile. */
  readonly plugin: string
  /** Name of the step: in Tutor, that of the service that it runs in. */
  readonly name: string
  readonly stage: 'pre' | 'run'
  /** Aborted when the task is to end: end what was started, and throw. */
  readonly signal: AbortSignal
  /** Writes a line into the log of the task. */
  readonly log: (line: string) => void
}

/** The functions of an application that is set up by scripts. */
export interface DeclaredInit {
  /** Runs a rendered script of a plugin, such as in a container, and throws when it fails. Without it, scripts are refused. */
  run?(script: string, about: InitScript): Promise<void>
  /** The application's own steps, between "pre" and "run" of all plugins. */
  own?(about: Pick<InitScript, 'log' | 'signal'>): Promise<void>
}

export const INIT_FUNCTIONS = ['run', 'own'] as const
