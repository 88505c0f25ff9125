// Functions of the application that plugins may call.

/**
 * The functions of the application, each with the types of `args` and `result`. `plugbay types` writes them for a host:
 * see [hosts.md](hosts.md#functions-of-the-application).
 */
export interface CallValues {}

export interface Host {
  /**
   * Calls a function of the application by its name. Argument and result are JSON, checked against the schemas of the application. Rejects
   * with `PERMISSION_DENIED`, `POINT_UNKNOWN`, `VALUE_INVALID` for an argument that the schema does not accept, with the code that the
   * application names, or with `HOST_CALL_FAILED`.
   */
  call<Name extends CallNames>(
    name: Name,
    args: CallPartOf<Name, 'args'>,
  ): Promise<CallPartOf<Name, 'result'>>
}

type CallNames = keyof CallValues extends never ? string : keyof CallValues
type CallPartOf<Name, Part extends 'args' | 'result'> = Name extends keyof CallValues
  ? CallValues[Name] extends Readonly<Record<Part, infer Value>>
    ? Value
    : unknown
  : unknown
