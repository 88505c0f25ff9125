// The rows of the library.

export interface Book {
  readonly id: number
  readonly title: string
  readonly author: string
  readonly language: string
  readonly subject: string
  readonly pages: number
  readonly summary: string
}

export type Role = 'librarian' | 'teacher' | 'pupil'

export interface Member {
  readonly name: string
  readonly displayName: string
  readonly role: Role
}

export interface SyncReport {
  readonly added: number
  readonly updated: number
}
