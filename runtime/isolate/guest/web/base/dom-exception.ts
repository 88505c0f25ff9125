// DOMException: an Error whose name says what happened.
import { define } from './primordials.ts'
import { defineConstants, defineInterface, toText } from './webidl.ts'

const CODES = {
  INDEX_SIZE_ERR: 1,
  DOMSTRING_SIZE_ERR: 2,
  HIERARCHY_REQUEST_ERR: 3,
  WRONG_DOCUMENT_ERR: 4,
  INVALID_CHARACTER_ERR: 5,
  NO_DATA_ALLOWED_ERR: 6,
  NO_MODIFICATION_ALLOWED_ERR: 7,
  NOT_FOUND_ERR: 8,
  NOT_SUPPORTED_ERR: 9,
  INUSE_ATTRIBUTE_ERR: 10,
  INVALID_STATE_ERR: 11,
  SYNTAX_ERR: 12,
  INVALID_MODIFICATION_ERR: 13,
  NAMESPACE_ERR: 14,
  INVALID_ACCESS_ERR: 15,
  VALIDATION_ERR: 16,
  TYPE_MISMATCH_ERR: 17,
  SECURITY_ERR: 18,
  NETWORK_ERR: 19,
  ABORT_ERR: 20,
  URL_MISMATCH_ERR: 21,
  QUOTA_EXCEEDED_ERR: 22,
  TIMEOUT_ERR: 23,
  INVALID_NODE_TYPE_ERR: 24,
  DATA_CLONE_ERR: 25,
} as const

/** Names that are not spelled like their constant in another case. */
const CODE_OF_NAME: Readonly<Record<string, number>> = Object.freeze(
  Object.assign(Object.create(null), {
    IndexSizeError: 1,
    HierarchyRequestError: 3,
    WrongDocumentError: 4,
    InvalidCharacterError: 5,
    NoModificationAllowedError: 7,
    NotFoundError: 8,
    NotSupportedError: 9,
    InUseAttributeError: 10,
    InvalidStateError: 11,
    SyntaxError: 12,
    InvalidModificationError: 13,
    NamespaceError: 14,
    InvalidAccessError: 15,
    TypeMismatchError: 17,
    SecurityError: 18,
    NetworkError: 19,
    AbortError: 20,
    URLMismatchError: 21,
    QuotaExceededError: 22,
    TimeoutError: 23,
    InvalidNodeTypeError: 24,
    DataCloneError: 25,
  }),
)

const { captureStackTrace } = Error as unknown as {
  captureStackTrace(target: object, above: unknown): void
}

/** Brand check that a plugin cannot fool. */
export let isDomException: (value: object) => value is DOMException

export class DOMException extends Error {
  readonly #message: string
  readonly #name: string

  constructor(message: unknown = '', options: unknown = 'Error') {
    const text = toText(message)
    super(text)
    // The stack uses the message passed to Error(); the property is left to the getter.
    Reflect.deleteProperty(this, 'message')
    this.#message = text
    if (typeof options === 'object' && options !== null) {
      const { name, cause } = options as { name?: unknown; cause?: unknown }
      this.#name = name === undefined ? 'Error' : toText(name)
      if ('cause' in options) {
        define(this, 'cause', cause, false)
      }
    } else {
      this.#name = toText(options)
    }
    // Captured again, now that the name is known: it begins the first line of the stack.
    captureStackTrace(this, DOMException)
  }

  override get name(): string {
    return this.#name
  }

  override get message(): string {
    return this.#message
  }

  get code(): number {
    return CODE_OF_NAME[this.#name] ?? 0
  }

  static {
    isDomException = (value): value is DOMException => #name in value
  }
}

defineInterface(DOMException, 'DOMException')
defineConstants(DOMException, CODES)
