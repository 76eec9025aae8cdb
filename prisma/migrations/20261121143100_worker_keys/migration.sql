-- Workers sign with keys of their own now; those that had a stored credential enrol anew.
DROP TABLE "worker_credential";
