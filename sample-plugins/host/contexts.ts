// What actions of plugins may be for: the kinds of objects of the library, and what an action learns of one.
// "general", for actions without an object, is there in every application.

const id = { type: 'integer', minimum: 1 } as const
const title = { type: 'string', maxLength: 200 } as const
const bytes = { type: 'integer', minimum: 0 } as const
const language = { type: 'string', maxLength: 20 } as const
const count = { type: 'integer', minimum: 0 } as const

/** Of a folder: its root, and the folders in it, separated by slashes: "primary/music". A path of the machine never leaves the library. */
const address = { type: 'string', maxLength: 1000 } as const

const book = {
  type: 'object',
  properties: {
    ...{ id, title, author: title, summary: { type: 'string', maxLength: 2000 } },
    language,
    subject: { type: 'string', maxLength: 100 },
    pages: count,
    texts: { ...count, description: 'Files in its folder' },
  },
  required: ['id', 'title', 'author', 'summary', 'language', 'subject', 'pages', 'texts'],
  additionalProperties: false,
} as const

const file = {
  type: 'object',
  properties: { id, name: { type: 'string', maxLength: 255 }, folder: address, bytes },
  required: ['id', 'name', 'folder', 'bytes'],
  additionalProperties: false,
} as const

export const CONTEXTS = {
  book: { title: 'Book', description: 'Folder: "storage"', data: book },
  series: {
    title: 'Series of books',
    description: 'Folders: "book-3" for the book with the id 3, of ten books at most',
    data: {
      type: 'object',
      properties: {
        ...{ id, title },
        books: {
          type: 'array',
          items: {
            type: 'object',
            properties: { id, title, language },
            required: ['id', 'title', 'language'],
            additionalProperties: false,
          },
        },
      },
      required: ['id', 'title', 'books'],
      additionalProperties: false,
    },
  },
  media: {
    title: 'All media folders',
    description: 'Folders: "primary", "alternative", "temp"',
    data: {
      type: 'object',
      properties: { folders: count, files: count, bytes },
      required: ['folders', 'files', 'bytes'],
      additionalProperties: false,
    },
  },
  'media-folder': {
    title: 'Media folder',
    description: 'Folders: "primary", "alternative", "temp"; the object says where in them',
    data: {
      type: 'object',
      properties: { id: address, title, files: count, bytes },
      required: ['id', 'title', 'files', 'bytes'],
      additionalProperties: false,
    },
  },
  'media-file': {
    title: 'Media file',
    description: 'Folders: "primary", "alternative", "temp"; the object says where in them',
    data: file,
  },
  'media-files': {
    title: 'Several media files',
    description: 'Folders: "primary", "alternative", "temp"; the objects say where in them',
    data: {
      type: 'object',
      properties: { files: { type: 'array', items: file, minItems: 1, maxItems: 200 } },
      required: ['files'],
      additionalProperties: false,
    },
  },
} as const
