// The in-memory catalog: catalogs, databases, and in them tables and views.
//
//   find(['t'])  ->  default_catalog.default_database.t
//
// Temporary objects hide permanent ones of the same name. State: the objects, and which catalog and database are current.

import type { ObjectIdentifier } from '../plan/table.js';
import type { TableSource } from './analyser/create-table.js';
import type { CatalogObject, CatalogReader } from './analyser/environment.js';

export const DEFAULT_CATALOG = 'default_catalog';
export const DEFAULT_DATABASE = 'default_database';

/** An object with what it was made from: LIKE and ALTER work on that. */
export type StoredObject = CatalogObject & { readonly source?: TableSource };

class Database {
  readonly permanent = new Map<string, StoredObject>();
  readonly temporary = new Map<string, StoredObject>();
}

export class Catalog implements CatalogReader {
  private readonly catalogs = new Map<string, Map<string, Database>>();
  currentCatalog = DEFAULT_CATALOG;
  currentDatabase = DEFAULT_DATABASE;

  constructor() {
    this.createCatalog(DEFAULT_CATALOG, DEFAULT_DATABASE);
  }

  /** The full name of `t`, `db.t` or `cat.db.t`. */
  identify(path: readonly string[]): ObjectIdentifier {
    const [object = '', database = this.currentDatabase, catalog = this.currentCatalog] = path.toReversed();
    return [catalog, database, object];
  }

  find(path: readonly string[]): StoredObject | undefined {
    const [catalog, database, object] = this.identify(path);
    const home = this.catalogs.get(catalog)?.get(database);
    return home?.temporary.get(object) ?? home?.permanent.get(object);
  }

  missingPart(path: readonly string[]): string {
    const [catalog, database, object] = this.identify(path);
    const databases = this.catalogs.get(catalog);
    if (databases === undefined) return catalog;
    return databases.has(database) ? object : database;
  }

  objectNames(): readonly string[] {
    const home = this.database(this.currentCatalog, this.currentDatabase);
    return [...new Set([...(home?.permanent.keys() ?? []), ...(home?.temporary.keys() ?? [])])].sort();
  }

  /** Objects of one database by name. */
  objects(catalog: string, database: string): readonly StoredObject[] {
    const home = this.database(catalog, database);
    return [...new Map([...(home?.permanent ?? []), ...(home?.temporary ?? [])]).entries()]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, object]) => object);
  }

  /** Puts an object in its place; false if its database does not exist or the name is taken. */
  create(identifier: ObjectIdentifier, object: StoredObject, temporary: boolean, replace = false): boolean {
    const home = this.database(identifier[0], identifier[1]);
    const objects = temporary ? home?.temporary : home?.permanent;
    if (objects === undefined || (objects.has(identifier[2]) && !replace)) return false;
    objects.set(identifier[2], object);
    return true;
  }

  /** Replaces an object where it stands. */
  replace(identifier: ObjectIdentifier, object: StoredObject): void {
    const home = this.database(identifier[0], identifier[1])!;
    (home.temporary.has(identifier[2]) ? home.temporary : home.permanent).set(identifier[2], object);
  }

  /** Removes an object of a kind; false if there is none. */
  drop(path: readonly string[], kind: CatalogObject['kind'], temporary: boolean): boolean {
    const [catalog, database, object] = this.identify(path);
    const home = this.database(catalog, database);
    const objects = temporary ? home?.temporary : home?.permanent.has(object) ? home.permanent : home?.temporary;
    return objects?.get(object)?.kind === kind && objects.delete(object);
  }

  createCatalog(name: string, database = DEFAULT_DATABASE): boolean {
    if (this.catalogs.has(name)) return false;
    this.catalogs.set(name, new Map([[database, new Database()]]));
    return true;
  }

  createDatabase(catalog: string, database: string): boolean {
    const databases = this.catalogs.get(catalog);
    if (databases === undefined || databases.has(database)) return false;
    databases.set(database, new Database());
    return true;
  }

  dropCatalog(name: string): boolean {
    return this.catalogs.delete(name);
  }

  dropDatabase(catalog: string, database: string): boolean {
    return this.catalogs.get(catalog)?.delete(database) ?? false;
  }

  isEmpty(catalog: string, database: string): boolean {
    return this.objects(catalog, database).length === 0;
  }

  catalogNames(): readonly string[] {
    return [...this.catalogs.keys()].sort();
  }

  databaseNames(catalog = this.currentCatalog): readonly string[] {
    return [...(this.catalogs.get(catalog)?.keys() ?? [])].sort();
  }

  hasDatabase(catalog: string, database: string): boolean {
    return this.database(catalog, database) !== undefined;
  }

  private database(catalog: string, database: string): Database | undefined {
    return this.catalogs.get(catalog)?.get(database);
  }
}
