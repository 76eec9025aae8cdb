-- Model calls whose answer broke off are charged by an upper estimate.
ALTER TABLE "cost_record" ADD COLUMN "estimated" BOOLEAN NOT NULL DEFAULT false;
