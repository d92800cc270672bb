/** Vite puts imported style sheets into files of their own. */
declare module "*.css";
