// Where a package has the licenses of the packages of others in it.

export const LICENSE_FILE = 'LICENSE-packages.txt'
